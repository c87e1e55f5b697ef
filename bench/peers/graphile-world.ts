import { type Child, startChild } from '../child.ts'
import { startDurablePostgresql } from '../load/durable-postgresql.ts'

export interface GraphileWorld extends AsyncDisposable {
  /** Of PostgreSQL with all its processes, and of the worker. */
  readonly pids: Readonly<Record<string, number>>
  /** Adds jobs and waits for their results. */
  readonly generator: Child
}

/** For each of the two processes; more of them only wait for each other on two processors. */
const CONNECTIONS = 32

/** graphile-worker on a PostgreSQL of its own: job → result row → NOTIFY → the creator reads it. */
export async function startGraphileWorld(): Promise<GraphileWorld> {
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await startDurablePostgresql())
  const setup = { url: database.url, connections: CONNECTIONS }
  // First the one that makes the tables.
  const generator = stack.use(await startChild('peers/graphile-load-child.ts', { setup }))
  const worker = stack.use(await startChild('peers/graphile-worker-child.ts', { setup }))
  const owned = stack.move()
  return {
    pids: { PostgreSQL: database.pid, worker: worker.pid },
    generator,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
