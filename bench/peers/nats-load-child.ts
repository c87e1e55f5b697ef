import { connect } from '@nats-io/transport-node'
import { z } from 'zod'
import { serveParent } from '../child.ts'
import { DATABASES } from '../load/answers.ts'
import { driveLoad } from '../load/drive-load.ts'

const setup = z.object({ port: z.int(), subject: z.string() })
const result = z.object({ databases: z.array(z.string()) })
const WAIT_MS = 25_000
const REQUEST = JSON.stringify({ gateway: '528104736915240', engine: 'Redis' })

/** One request, one answer; nothing is kept anywhere. */
serveParent(async (given) => {
  const { port, subject } = setup.parse(given)
  const connection = await connect({ servers: `127.0.0.1:${port}` })
  return (request) =>
    driveLoad(request, async () => {
      const answer = await connection.request(subject, REQUEST, { timeout: WAIT_MS })
      const { databases } = result.parse(answer.json())
      if (databases.length !== DATABASES.length) throw new Error('not the list of the bench')
    })
})
