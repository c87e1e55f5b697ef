import { startRedis } from '../../test/fixtures/redis.ts'
import { type Child, startChild } from '../child.ts'

export interface BullmqWorld extends AsyncDisposable {
  /** Of Redis and of the worker. */
  readonly pids: Readonly<Record<string, number>>
  /** Adds jobs and waits for their results. */
  readonly generator: Child
}

export const REDIS = 'Redis'
const QUEUE = 'lists'

/**
 * BullMQ with ioredis, on a Redis that keeps nothing on disk. What makes it fastest: one worker process with as many jobs at
 * a time as callers (more processes would share the same two processors), no retries, results removed beyond 1,000.
 */
export async function startBullmqWorld(): Promise<BullmqWorld> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await startRedis())
  const connection = { host: redis.host, port: redis.port, password: redis.rootPassword }
  const setup = { connection, queue: QUEUE }
  const worker = stack.use(await startChild('peers/bullmq-worker-child.ts', { setup }))
  const generator = stack.use(await startChild('peers/bullmq-load-child.ts', { setup }))
  const owned = stack.move()
  return {
    pids: { [REDIS]: redis.pid, worker: worker.pid },
    generator,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
