import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderWith } from './command-process.ts'
import { service, started, until } from './started-service.ts'

const hasSystemd = ['systemd-notify', 'systemd-socket-activate'].every((name) => spawnSync(name, ['--version']).status === 0)
const skip = hasSystemd ? false : 'systemd is not here'

/** Listens as systemd does, and keeps the first message. */
async function listen(t: { after(end: () => void): void }, folder: string): Promise<{ socket: string; message(): string }> {
  const [socket, heard] = [join(folder, 'notify.sock'), join(folder, 'heard')]
  const keep = `timeout 1 cat >${heard}.part; mv ${heard}.part ${heard}`
  const child = spawn('systemd-socket-activate', ['--datagram', '--inetd', '-l', socket, 'sh', '-c', keep], { stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  await until('the socket', () => existsSync(socket) && statSync(socket).isSocket())
  return { socket, message: () => (existsSync(heard) ? readFileSync(heard, 'utf8') : '') }
}

for (const args of [[], ['--workers', '2']]) {
  test(`systemd is told when a service takes requests: ${args.join(' ') || 'one process'}`, { skip }, async (t) => {
    const cwd = folderWith({ 'server.ts': service() })
    const { socket, message } = await listen(t, cwd)
    const { child, written, ended } = await started(cwd, args, { NOTIFY_SOCKET: socket })
    await until('the message', () => message() !== '')
    assert.match(message(), /^READY=1/)
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
    assert.equal(written.stderr, '')
  })
}

test('a service whose manager can not be told says so, and goes on', async () => {
  const cwd = folderWith({ 'server.ts': service() })
  const { child, written, ended } = await started(cwd, [], { NOTIFY_SOCKET: join(cwd, 'notify.sock'), PATH: cwd })
  await until('the message', () => written.stderr !== '')
  assert.equal(written.stderr, 'cliquet start: systemd does not learn that the service is ready: spawn systemd-notify ENOENT\n')
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
})
