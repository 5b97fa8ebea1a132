import type { FastifyInstance } from 'fastify'
import type { AnyResourceEvent, AnySubscriber, ChangeAction, EventListener, Sessions } from '../events/contract.ts'
import type { Watch } from './observation/watch.ts'

/** So many events of a listener may be under way after their commits; answers wait for what comes beyond, so that nothing piles up. */
const MOST_UNDER_WAY = 1000

/** What a listener hears, and who looks at it. */
export interface ListeningOptions {
  readonly app: FastifyInstance
  readonly subscribe: (subscriber: AnySubscriber) => void
  readonly changes: readonly ChangeAction[]
  /** Whether it hears of reading, too. */
  readonly isReader: boolean
  /** Undefined: all. */
  readonly resources: readonly string[] | undefined
  readonly watch: Watch
}

/** Subscribes a listener, and closes it with the app when nothing of it is under way any more. */
export function listen(
  name: string,
  listener: EventListener,
  { app, subscribe, changes, isReader, resources, watch }: ListeningOptions,
): void {
  const underWay = new Set<Promise<void>>()

  const watched = watch.work(`listeners.${name}`)
  const timed = (event: AnyResourceEvent, context: Sessions): Promise<void> => watched(async () => await listener.run(event, context))

  function inBackground(event: AnyResourceEvent, context: Sessions): void | Promise<void> {
    const running = timed(event, context)
      .catch((err: unknown) => event.request.log.error({ err, listener: name }, 'a listener has failed'))
      .finally(() => underWay.delete(running))
    underWay.add(running)
    return underWay.size > MOST_UNDER_WAY ? running : undefined
  }

  const only = resources === undefined ? {} : { resources }
  const { beforeCommit = false } = listener
  if (changes.length > 0) {
    if (beforeCommit) subscribe({ event: 'ResourceChanged', actions: changes, ...only, run: timed })
    else subscribe({ event: 'AfterResourceChanged', actions: changes, ...only, run: inBackground })
  }
  if (isReader) {
    if (beforeCommit) subscribe({ event: 'ResourceRead', ...only, run: timed })
    else subscribe({ event: 'AfterResourceRead', ...only, run: inBackground })
  }
  app.addHook('onClose', async () => {
    await Promise.all(underWay)
    await listener.close?.()
  })
}
