import { connect } from '@nats-io/transport-node'
import { z } from 'zod'
import { serveParent } from '../child.ts'
import { DATABASES } from '../load/answers.ts'

const setup = z.object({ port: z.int(), subject: z.string() })

/** Answers each request at once. */
serveParent(async (given) => {
  const { port, subject } = setup.parse(given)
  const connection = await connect({ servers: `127.0.0.1:${port}` })
  const list = JSON.stringify({ databases: DATABASES })
  connection.subscribe(subject, { callback: (error, message) => void (error === null && message.respond(list)) })
  await connection.flush()
  return () => Promise.resolve()
})
