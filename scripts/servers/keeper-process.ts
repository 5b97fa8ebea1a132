/**
 * The process that keeps servers, started by `createKeeper`. It has a session of its own, so Ctrl-C does not reach it or its servers. When
 * its parent lets go of it, or is gone, it ends its servers and removes their folders; nothing that the parent does or suffers prevents that.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Answer, Order, Plan, User } from './keeper.ts'
import { killTree } from './process-tree.ts'

/** How long a server may take to end when asked to, ms. */
const patience = 4000

interface Kept {
  readonly child: ChildProcess
  readonly plan: Plan
  readonly gone: Promise<unknown>
}

const kept = new Map<number, Kept>()
const folders = new Set<string>()

async function start(plan: Plan): Promise<number> {
  const log = openSync(plan.log, 'a')
  const { file, args, name = file, cwd, env, user } = plan
  const child = spawn(file, args, { argv0: name, cwd, env: { ...process.env, ...env }, stdio: ['ignore', log, log], ...user })
  closeSync(log)
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  const gone = once(child, 'exit').then(([code, signal]: unknown[]) => {
    kept.delete(pid)
    tell({ pid, exit: String(signal ?? code) })
  })
  kept.set(pid, { child, plan, gone })
  return pid
}

/** Ends a server: at once and with all its processes, or as it wishes to be ended and then by force if it takes too long. */
async function end(pid: number, how?: NodeJS.Signals): Promise<void> {
  const server = kept.get(pid)
  if (server === undefined) return
  if (how === 'SIGKILL') await killTree(pid)
  else {
    server.child.kill(how ?? server.plan.endSignal)
    const timer = setTimeout(() => void killTree(pid), patience)
    await server.gone
    clearTimeout(timer)
  }
  await server.gone
}

function folder(name: string, user: User | undefined): string {
  const path = mkdtempSync(join(temporaryFor(user), `cliquet-${name}-`))
  folders.add(path)
  if (user !== undefined) chownSync(path, user.uid, user.gid)
  return path
}

/** Where temporary folders of that user can be: another user may be kept out of the place that is ours. */
function temporaryFor(user: User | undefined): string {
  const own = tmpdir()
  return user === undefined || isOpen(own) ? own : '/tmp'
}

/** Whether everybody may pass through the folder and those above it. */
const isOpen = (path: string): boolean => (statSync(path).mode & 0o001) !== 0 && (dirname(path) === path || isOpen(dirname(path)))

function remove(folder: string): undefined {
  folders.delete(folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

async function obey(order: Order): Promise<number | string | undefined> {
  switch (order.what) {
    case 'start':
      return start(order.plan)
    case 'end':
      return void (await end(order.pid, order.signal))
    case 'folder':
      return folder(order.name, order.user)
    case 'remove':
      return remove(order.folder)
  }
}

function tell(answer: Answer): void {
  // The parent may be gone, or go now.
  if (process.connected) process.send?.(answer, () => {})
}

let isEnding = false

async function endAll(): Promise<void> {
  if (isEnding) return
  isEnding = true
  while (kept.size > 0) await Promise.all([...kept.keys()].map((pid) => end(pid)))
  for (const folder of folders) remove(folder)
  process.exit(0)
}

process.on('message', (message) => {
  const { id, order } = message as { id: number; order: Order } // sent by createKeeper
  obey(order).then(
    (value) => tell({ id, value }),
    (error: unknown) => tell({ id, error: error instanceof Error ? error.message : String(error) }),
  )
})
process.on('disconnect', () => void endAll())
for (const name of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(name, () => void endAll())
