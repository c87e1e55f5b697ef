import { get } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { resetSocket } from '../fixtures/reset-socket.ts'

const CHECK_EVERY_MS = 100
/** A node that gives no answer for so long is down. */
const CHECK_MS = 1_000
/** A node is unreachable after so many checks without an answer, as with the usual balancers. */
const FAILURES = 2

export interface Balancer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** By their last check, in the order of the nodes. */
  readonly ready: readonly boolean[]
  /** To this one, ready or not; undefined: by turns to those that are ready. */
  only: number | undefined
  /** Connections that lead to the node now. */
  open(node: number): number
  /** Cuts what is open on the side of the clients; the nodes are not told and keep their ends. */
  orphanAll(): void
}

interface Target {
  readonly host: string
  readonly port: number
  readonly url: string
  ready: boolean
  failures: number
  readonly pairs: Set<Pair>
}
interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  orphan: boolean
}

/**
 * A TCP load balancer on 127.0.0.1 that gives new connections to nodes whose /readyz says 200. Connections to a node that does
 * not answer are cut; those to one that says 503 go on to their end.
 */
export async function startBalancer(urls: readonly string[]): Promise<Balancer> {
  const targets = urls.map((url): Target => {
    const { hostname: host, port } = new URL(url)
    return { host, port: Number(port), url, ready: false, failures: 0, pairs: new Set() }
  })
  const state: { only: number | undefined } = { only: undefined }
  const clients = new Set<Socket>()
  let turn = 0

  const candidates = (): readonly Target[] => {
    const chosen = state.only === undefined ? undefined : targets[state.only]
    if (chosen !== undefined) return [chosen]
    const ready = targets.filter((target) => target.ready)
    turn++
    return ready.map((_, index) => ready[(turn + index) % ready.length]).filter((target) => target !== undefined)
  }
  const serve = async (client: Socket) => {
    const reached = await reach(candidates())
    if (reached !== undefined && !client.destroyed) return join(client, reached)
    reached?.upstream.destroy()
    resetSocket(client)
  }
  const server = createServer((client) => {
    client.setNoDelay(true)
    clients.add(client)
    client.once('close', () => clients.delete(client))
    client.on('error', () => client.destroy())
    void serve(client)
  })
  const checks = targets.map((target) => {
    let checking = false
    const look = async () => {
      if (checking) return
      checking = true
      const status = await statusOf(target.url)
      checking = false
      target.ready = status === 200
      target.failures = status === undefined ? target.failures + 1 : 0
      if (target.failures >= FAILURES) for (const { client } of target.pairs) resetSocket(client)
    }
    return { look, timer: setInterval(() => void look(), CHECK_EVERY_MS) }
  })
  await Promise.all(checks.map(({ look }) => look()))
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(0, '127.0.0.1', () => listening.resolve())
  await listening.promise
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get ready() {
      return targets.map((target) => target.ready)
    },
    get only() {
      return state.only
    },
    set only(node) {
      state.only = node
    },
    open: (node) => targets[node]?.pairs.size ?? 0,
    orphanAll() {
      for (const pair of targets.flatMap(({ pairs }) => [...pairs])) {
        pair.orphan = true
        resetSocket(pair.client)
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { timer } of checks) clearInterval(timer)
      for (const { client, upstream } of targets.flatMap(({ pairs }) => [...pairs])) {
        client.destroy()
        upstream.destroy()
      }
      for (const client of clients) client.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}

/** The first that takes the connection. */
async function reach(targets: readonly Target[]): Promise<{ target: Target; upstream: Socket } | undefined> {
  for (const target of targets) {
    const upstream = connect({ host: target.host, port: target.port, noDelay: true })
    const { promise, resolve } = Promise.withResolvers<boolean>()
    upstream.once('connect', () => resolve(true))
    upstream.on('error', () => resolve(false))
    if (await promise) return { target, upstream }
  }
  return undefined
}

function join(client: Socket, { target, upstream }: { target: Target; upstream: Socket }): void {
  const pair: Pair = { client, upstream, orphan: false }
  target.pairs.add(pair)
  client.pipe(upstream, { end: false })
  upstream.pipe(client)
  client.on('end', () => !pair.orphan && upstream.end())
  // A reset of one side is one of the other, but for an orphan, whose node hears nothing.
  client.on('close', () => {
    if (!pair.orphan) upstream.destroy()
  })
  upstream.on('error', () => resetSocket(client))
  upstream.on('close', () => {
    target.pairs.delete(pair)
    client.destroy()
  })
}

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = get(`${url}/readyz`, { agent: false, signal: AbortSignal.timeout(CHECK_MS) }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    asked.on('error', () => resolve(undefined))
  })
}
