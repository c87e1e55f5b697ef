import { Logger, run } from 'graphile-worker'
import { z } from 'zod'
import { serveParent } from '../child.ts'
import { DATABASES } from '../load/answers.ts'

const setup = z.object({ url: z.string(), connections: z.int() })
const payload = z.object({ id: z.string() })
const SILENT = new Logger(() => () => undefined)

/** Writes the result and tells it in one statement, so in one commit. */
serveParent(async (given) => {
  const { url, connections } = setup.parse(given)
  const list = JSON.stringify({ databases: DATABASES })
  await run({
    logger: SILENT,
    noHandleSignals: true,
    taskList: {
      list: async (data, helpers) => {
        const { id } = payload.parse(data)
        await helpers.query(
          `WITH written AS (INSERT INTO bench_results (id, list) VALUES ($1, $2) RETURNING id)
           SELECT pg_notify('bench_results', id::text) FROM written`,
          [id, list],
        )
      },
    },
    preset: {
      worker: {
        connectionString: url,
        concurrentJobs: 64,
        maxPoolSize: connections,
        // What its page about performance says: jobs are fetched many at a time, and completed many at a time.
        localQueue: { size: 65 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  })
  return () => Promise.resolve()
})
