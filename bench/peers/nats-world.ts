import { startNats } from '../../test/fixtures/nats.ts'
import { type Child, startChild } from '../child.ts'

export interface NatsWorld extends AsyncDisposable {
  /** Of NATS and of who answers. */
  readonly pids: Readonly<Record<string, number>>
  readonly generator: Child
}

const SUBJECT = 'lists'

/** Bare request and reply: what the way there and back costs with nothing kept and nobody asked who they are. */
export async function startNatsWorld(): Promise<NatsWorld> {
  await using stack = new AsyncDisposableStack()
  const nats = stack.use(await startNats())
  const setup = { port: nats.port, subject: SUBJECT }
  const responder = stack.use(await startChild('peers/nats-responder-child.ts', { setup }))
  const generator = stack.use(await startChild('peers/nats-load-child.ts', { setup }))
  const owned = stack.move()
  return {
    pids: { NATS: nats.pid, responder: responder.pid },
    generator,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
