import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

interface Process {
  readonly pid: number
  readonly parent: number
  /** `Z` is a process that has ended and that nobody has asked about yet. */
  readonly state: string
}

/** From `/proc`, since small images have no `ps`. */
function fromProc(): Process[] {
  const found: Process[] = []
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      // The name of the program stands in parentheses and may hold anything.
      const [state = '', parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
      found.push({ pid: Number(name), parent: Number(parent), state })
    } catch {
      // It has ended meanwhile.
    }
  }
  return found
}

function fromPs(): Process[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,state='], { encoding: 'utf8', maxBuffer: 1 << 26 })
    .trim()
    .split('\n')
  return lines.map((line) => {
    const [pid, parent, state = ''] = line.trim().split(/\s+/)
    return { pid: Number(pid), parent: Number(parent), state }
  })
}

const allProcesses = (): Process[] => (existsSync('/proc/self/stat') ? fromProc() : fromPs())

/** All that a process has started and they in turn, without the process itself. */
function descendants(pid: number): number[] {
  const all = allProcesses()
  const found: number[] = []
  for (let generation = [pid]; generation.length > 0; ) {
    generation = all.filter(({ parent }) => generation.includes(parent)).map((child) => child.pid)
    found.push(...generation)
  }
  return found
}

/** Whether a process runs; one that has ended and is only still listed does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // Another's process: it is there.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  if (process.platform === 'win32') return true
  return allProcesses().some((each) => each.pid === pid && !/^[ZX]/.test(each.state))
}

/** Signals a process if it is still there. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended already.
  }
}

/**
 * Ends a process and all that it has started at one moment, as a power cut would: the process is halted first, so it starts nothing more
 * and none of the others learns that something happened. Resolves when they are gone.
 */
export async function killTree(pid: number): Promise<void> {
  if (process.platform === 'win32') {
    signal(pid, 'SIGKILL')
    return
  }
  signal(pid, 'SIGSTOP')
  const tree = [...descendants(pid), pid]
  for (const each of tree) signal(each, 'SIGKILL')
  for (let left = tree, tries = 0; left.length > 0 && tries < 200; tries++) {
    await sleep(10)
    left = left.filter(isRunning)
  }
}
