/** A server in a process of its own. */
export interface Life {
  /** @returns the port */
  readonly listen: () => Promise<number>
  readonly close: () => Promise<void>
}

/** Serves until the parent says so or is gone. Tells how much processor time it has used when it is asked. Ctrl-C is the parent's to handle. */
export async function serveUntilTold({ listen, close }: Life): Promise<void> {
  process.on('SIGINT', () => {})
  const end = (): void => void close().then(() => process.exit())
  process.once('disconnect', end).on('message', (message) => {
    if (message !== 'usage') return end()
    const { user, system } = process.cpuUsage()
    process.send?.({ cpuTime: user + system })
  })
  process.send?.({ port: await listen() })
}
