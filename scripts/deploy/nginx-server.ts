import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { repositoryRoot } from '../reference/shared-folder.ts'
import { type LocalServer, startLocalServer } from '../servers/local-server.ts'
import { needProgram, nginxProgram } from '../servers/programs.ts'

const deployed = (file: string): string => readFileSync(join(repositoryRoot, 'deploy/nginx', file), 'utf8')

/** Our configuration of nginx, on a port of its own and in front of these ports. */
function configuration(port: number, upstreams: readonly number[]): string {
  const servers = upstreams.map((upstream) => `    server 127.0.0.1:${upstream} max_fails=0;\n`).join('')
  const upstream = deployed('upstream.conf').replace(/(?: {4}server .*\n)+/, servers)
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid nginx.pid;
error_log stderr warn;
worker_processes 1;
events {}
http {
access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`).join('\n')}
${upstream}
${deployed('bookmarks.conf').replace('listen 80;', `listen 127.0.0.1:${port};`)}
}
`
}

/** Starts nginx with the files of `deploy/nginx`, in front of services on these ports. @throws UnavailableError */
export function startNginx(upstreams: readonly number[]): Promise<LocalServer> {
  const file = needProgram(nginxProgram)
  return startLocalServer({
    name: 'nginx',
    cleanSignal: 'SIGQUIT',
    plan(port, folder) {
      writeFileSync(join(folder, 'nginx.conf'), configuration(port, upstreams))
      return { file, args: ['-e', 'stderr', '-p', folder, '-c', 'nginx.conf'], endSignal: 'SIGTERM' }
    },
    url: (port) => `http://127.0.0.1:${port}`,
    answer: (port) =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => resolve(void socket.destroy())).on('error', reject)
      }),
  })
}
