import { get } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { resetSocket } from '../fixtures/reset-socket.ts'

/** Unless given. */
const CHECK_EVERY_MS = 100
const CHECK_MS = 1_000
/** A silent node is down after so many checks, as with the usual balancers: on a busy machine one answer may be late. */
const FAILURES = 2

export interface Balancer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** By their last check, in the order of the nodes. */
  readonly ready: readonly boolean[]
  /** Resolves when this node has been looked at once more: the next look is a whole interval away. */
  checked(node: number): Promise<void>
  /** To this one, ready or not; undefined: by turns to those that are ready. */
  only: number | undefined
  /** Connections that lead to the node now. */
  open(node: number): number
  /** When each connection came that was given to the node, monotonic milliseconds. */
  arrivals(node: number): readonly number[]
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
  readonly arrivals: number[]
  /** Of those who wait for the next look. */
  readonly waiting: (() => void)[]
}
interface Pair {
  readonly client: Socket
  readonly upstream: Socket
  orphan: boolean
}

/**
 * A TCP load balancer on 127.0.0.1 that gives new connections to nodes whose /readyz says 200, and tries no other where that one
 * does not take it. Connections to a node that is silent are cut; those to one that says 503 or has ended go on to their end.
 */
export async function startBalancer(urls: readonly string[], checkEveryMs = CHECK_EVERY_MS): Promise<Balancer> {
  const targets = urls.map((url): Target => {
    const { hostname: host, port } = new URL(url)
    return { host, port: Number(port), url, ready: false, failures: 0, pairs: new Set(), arrivals: [], waiting: [] }
  })
  const state: { only: number | undefined } = { only: undefined }
  const clients = new Set<Socket>()
  let turn = 0

  const choose = (): Target | undefined => {
    if (state.only !== undefined) return targets[state.only]
    const ready = targets.filter((target) => target.ready)
    return ready[turn++ % ready.length]
  }
  const serve = async (client: Socket) => {
    const cameAt = performance.now()
    const target = choose()
    const upstream = target && (await reach(target))
    if (target !== undefined && upstream !== undefined && !client.destroyed) {
      target.arrivals.push(cameAt)
      return join(client, { target, upstream })
    }
    upstream?.destroy()
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
      for (const tell of target.waiting.splice(0)) tell()
      target.failures = status === 'silent' ? target.failures + 1 : 0
      if (status === 'silent' && target.failures < FAILURES) return
      target.ready = status === 200
      if (status === 'silent') for (const { client } of target.pairs) resetSocket(client)
    }
    return { look, timer: setInterval(() => void look(), checkEveryMs) }
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
    checked: (node) => new Promise((resolve) => targets[node]?.waiting.push(resolve)),
    get only() {
      return state.only
    },
    set only(node) {
      state.only = node
    },
    open: (node) => targets[node]?.pairs.size ?? 0,
    arrivals: (node) => targets[node]?.arrivals ?? [],
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

/** Undefined where nobody takes the connection. */
function reach({ host, port }: Target): Promise<Socket | undefined> {
  const upstream = connect({ host, port, noDelay: true })
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>()
  upstream.once('connect', () => resolve(upstream))
  upstream.on('error', () => resolve(undefined))
  return promise
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

function statusOf(url: string): Promise<number | 'silent' | 'refused'> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(CHECK_MS)
    const asked = get(`${url}/readyz`, { agent: false, signal }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 'refused')
    })
    asked.on('error', () => resolve(signal.aborted ? 'silent' : 'refused'))
  })
}
