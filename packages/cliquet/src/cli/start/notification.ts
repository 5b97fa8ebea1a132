import { execFile } from 'node:child_process'
import { serviceManagerSocket } from '../../service/settings.ts'

/**
 * Tells systemd that the service takes requests, if it has started this process and waits for that (`Type=notify`, `NotifyAccess=all`). Its own
 * program does it: Node has no sockets of that kind.
 */
export function notifyServiceManager(tell: (message: string) => void): void {
  if (serviceManagerSocket() === undefined) return
  execFile('systemd-notify', ['--ready'], (error) => {
    if (error !== null) tell(`systemd does not learn that the service is ready: ${error.message.trim()}`)
  })
}
