/** A server in a process of its own. */
export interface Life {
  /** @returns the port */
  readonly listen: () => Promise<number>
  readonly close: () => Promise<void>
}

/** Serves until the parent says so or is gone. Ctrl-C is the parent's to handle. */
export async function serveUntilTold({ listen, close }: Life): Promise<void> {
  process.on('SIGINT', () => {})
  const end = (): void => void close().then(() => process.exit())
  process.once('disconnect', end).once('message', end)
  process.send?.({ port: await listen() })
}
