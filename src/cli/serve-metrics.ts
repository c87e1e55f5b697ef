import type { Server } from 'node:http'
import { http } from '../base/node-http.ts'
import type { ListenAddress } from './listen-address.ts'
import type { ServerMetrics } from './server-metrics.ts'

/** /metrics on a listen address of its own, so that it need not be as public as the API. */
export async function serveMetrics(metrics: ServerMetrics, { host, port }: ListenAddress): Promise<Server> {
  const server = http.createServer((request, response) => {
    if (request.url !== '/metrics' || request.method !== 'GET') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Only GET /metrics is here.\n')
      return
    }
    metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return server
}
