import { Worker } from 'bullmq'
import { z } from 'zod'
import { serveParent } from '../child.ts'
import { DATABASES } from '../load/answers.ts'

const setup = z.object({
  connection: z.object({ host: z.string(), port: z.int(), password: z.string() }),
  queue: z.string(),
})

/** Does nothing but answer, as many jobs at a time as there are callers. */
serveParent(async (given) => {
  const { connection, queue } = setup.parse(given)
  const worker = new Worker(queue, () => Promise.resolve({ databases: DATABASES }), {
    // The worker waits on a blocking connection: BullMQ wants this to be null.
    connection: { ...connection, maxRetriesPerRequest: null },
    concurrency: 64,
    // What is done is removed soon: a store that grows would make it slower.
    removeOnComplete: { count: 1000 },
  })
  worker.on('error', (error) => console.error(error))
  await worker.waitUntilReady()
  return () => Promise.resolve()
})
