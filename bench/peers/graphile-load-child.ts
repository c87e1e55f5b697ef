import { randomUUID } from 'node:crypto'
import { Logger, makeWorkerUtils } from 'graphile-worker'
import postgres from 'postgres'
import { z } from 'zod'
import { serveParent } from '../child.ts'
import { DATABASES } from '../load/answers.ts'
import { driveLoad } from '../load/drive-load.ts'

const setup = z.object({ url: z.string(), connections: z.int() })
const rows = z.tuple([z.object({ list: z.object({ databases: z.array(z.string()) }) })])
const WAIT_MS = 25_000
const SILENT = new Logger(() => () => undefined)

/** Adds a job, waits until its result is told, reads the row. */
serveParent(async (given) => {
  const { url, connections } = setup.parse(given)
  const utils = await makeWorkerUtils({ connectionString: url, maxPoolSize: connections, logger: SILENT })
  await utils.migrate()
  // Prepared statements, as many at a time as it has connections.
  const sql = postgres(url, { max: connections, onnotice: () => undefined })
  await sql`CREATE TABLE IF NOT EXISTS bench_results (id uuid PRIMARY KEY, list jsonb NOT NULL)`
  const waiting = new Map<string, () => void>()
  await sql.listen('bench_results', (id) => waiting.get(id)?.())
  return (request) =>
    driveLoad(request, async () => {
      const id = randomUUID()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.set(id, resolve)
      const late = setTimeout(() => reject(new Error('no result was told')), WAIT_MS)
      try {
        await utils.addJob('list', { id, gateway: '528104736915240', engine: 'Redis' })
        await promise
      } finally {
        clearTimeout(late)
        waiting.delete(id)
      }
      const [{ list }] = rows.parse([...(await sql`SELECT list FROM bench_results WHERE id = ${id}`)])
      if (list.databases.length !== DATABASES.length) throw new Error('not the list of the bench')
    })
})
