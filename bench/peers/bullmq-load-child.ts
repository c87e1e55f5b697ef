import { Queue, QueueEvents } from 'bullmq'
import { z } from 'zod'
import { serveParent } from '../child.ts'
import { DATABASES } from '../load/answers.ts'
import { driveLoad } from '../load/drive-load.ts'

const setup = z.object({
  connection: z.object({ host: z.string(), port: z.int(), password: z.string() }),
  queue: z.string(),
})
const result = z.object({ databases: z.array(z.string()) })
const WAIT_MS = 25_000

/** Adds a job and waits for what it returns, as its documentation has it: `waitUntilFinished`. */
serveParent(async (given) => {
  const { connection, queue: name } = setup.parse(given)
  const queue = new Queue(name, { connection })
  // A connection of its own, on which it reads the stream of events.
  const events = new QueueEvents(name, { connection: { ...connection, maxRetriesPerRequest: null } })
  // One listener for each job that somebody waits for.
  events.setMaxListeners(0)
  queue.setMaxListeners(0)
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady()])
  return (request) =>
    driveLoad(request, async () => {
      const job = await queue.add('list', { gateway: '528104736915240', engine: 'Redis' })
      const { databases } = result.parse(await job.waitUntilFinished(events, WAIT_MS))
      if (databases.length !== DATABASES.length) throw new Error('not the list of the bench')
    })
})
