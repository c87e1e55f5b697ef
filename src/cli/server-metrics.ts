import { createServer, type Server } from 'node:http'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ListenAddress } from './listen-address.ts'

/** What the server tells about one answered request. */
export interface AnsweredRequest {
  readonly action: string
  /** `OK`, or the error code. */
  readonly code: string
  readonly ms: number
}

export interface ServerMetrics {
  answered(request: AnsweredRequest): void
  /** Prometheus text. */
  text(): Promise<string>
}

export function createServerMetrics(gauges: Record<string, { help: string; read: () => number }>): ServerMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'postern_api_requests_total',
    help: 'Answered API requests.',
    labelNames: ['action', 'code'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'postern_api_request_seconds',
    help: 'Time from the request to its answer; waiting readers included.',
    labelNames: ['action'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 25],
    registers: [registry],
  })
  for (const [name, { help, read }] of Object.entries(gauges)) {
    const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) })
  }
  return {
    answered({ action, code, ms }) {
      requests.inc({ action, code })
      seconds.observe({ action }, ms / 1000)
    },
    text: () => registry.metrics(),
  }
}

/** /metrics on a listen address of its own, so that it need not be as public as the API. */
export async function serveMetrics(metrics: ServerMetrics, { host, port }: ListenAddress): Promise<Server> {
  const server = createServer((request, response) => {
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
