import { spawnSync } from 'node:child_process'
import { findProgram, type Program } from './programs.ts'

/**
 * What root runs to install. The services of the packages are neither started now nor at the next start of the machine: Debian would do both.
 * `101` says "not allowed" to whoever wants to start one.
 */
const SCRIPT = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=120 update
apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 install "$@" || exit 1
if command -v systemctl >/dev/null; then systemctl disable "$@" || true; fi
`

/**
 * Installs programs that are missing, where that is possible without asking: apt is there, and we are root or `sudo` asks for no password.
 * Whether it worked shows in whether the programs are there.
 */
export function installMissing(programs: readonly Program[]): void {
  const missing = programs.filter(({ names, folders }) => findProgram(names, folders) === undefined)
  const names = new Set(missing.map(({ apt }) => apt))
  if (names.size === 0 || findProgram(['apt-get']) === undefined) return
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  if (asRoot.length > 0 && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return
  process.stderr.write(`Installing ${[...names].join(' and ')} (once)…\n`)
  const [file = '', ...args] = [...asRoot, 'sh', '-c', SCRIPT, 'sh', ...names]
  spawnSync(file, args, { stdio: 'ignore', timeout: 300_000 })
}
