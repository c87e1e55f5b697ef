import { createServer } from 'node:http'
import { z } from 'zod'
import { serveParent } from '../child.ts'

const setup = z.object({ port: z.int(), body: z.string() })

/** node:http alone: the same answer to everybody, with a type and a length, whatever was asked. */
serveParent(async (given) => {
  const { port, body } = setup.parse(given)
  const headers = { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(body) }
  const server = createServer((_request, response) => response.writeHead(200, headers).end(body))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return () => Promise.resolve()
})
