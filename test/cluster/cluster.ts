import { copyFile, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NetworkNamespace } from '../faults/network-namespace.ts'
import { type FaultProxy, startFaultProxy } from '../fixtures/fault-proxy.ts'
import { findNats, type NatsServer, startNats } from '../fixtures/nats.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { startServer, type TestServer, UNTHROTTLED } from '../fixtures/postern.ts'
import { type Balancer, startBalancer } from './balancer.ts'

export type BusKind = 'nats' | 'postgres' | 'none'

const ROOT = join(import.meta.dirname, '..', '..')

/** More rounds, longer faults, three nodes: `npm run test:cluster`. */
export const LONG = process.env['POSTERN_CLUSTER_LONG'] !== undefined
/** Of what happens by chance. */
export const SEED = Number(process.env['POSTERN_CLUSTER_SEED'] ?? 20_260_101)

/** Why the tests of a cluster cannot run on this machine; false where they can. */
export function missingFor(bus: BusKind): string | false {
  if (findPostgresql() === undefined) return 'PostgreSQL is not on this machine (Debian: postgresql)'
  return bus === 'nats' && !findNats() && 'NATS is not on this machine (Debian: nats-server)'
}

export interface ClusterNode {
  readonly server: TestServer
  /** Between it and the database. */
  readonly store: FaultProxy
  /** Of the sources that its next start runs; undefined: ours. */
  root: string | undefined
}

export interface ClusterOptions {
  /** 2 unless given. */
  readonly nodes?: number
  readonly bus: BusKind
  /** How long a node serves after SIGTERM; 0 unless given. */
  readonly drainGraceSeconds?: number
  /** More YAML for each node. */
  readonly config?: string
  /** How often the balancer looks at each node. */
  readonly checkEveryMs?: number
  /** Where the last node is; what leads to it and from it goes over its cable. */
  readonly namespace?: NetworkNamespace
}

/** Real server processes on one PostgreSQL, with a bus between them and a balancer before them. */
export interface Cluster extends AsyncDisposable {
  readonly nodes: readonly [ClusterNode, ClusterNode, ...ClusterNode[]]
  readonly balancer: Balancer
  /** Of the store, past the proxies of the nodes. */
  readonly databaseUrl: string
  /** The first node as callers and gateways see the cluster: by way of the balancer. */
  readonly front: TestServer
  /** Ends the NATS server and starts it again. Throws where the bus is another one. */
  killBus(): Promise<void>
  startBus(): Promise<void>
}

export async function startCluster(folder: string, options: ClusterOptions): Promise<Cluster> {
  await using stack = new AsyncDisposableStack()
  const { namespace, nodes: count = 2 } = options
  const listen = namespace === undefined ? [] : [`listen_addresses=127.0.0.1,${namespace.outside}`]
  const hba = namespace === undefined ? [] : [`host all all ${namespace.inside}/32 scram-sha-256`]
  const database = stack.use(await startPostgresql({ settings: ['max_connections=200', ...listen], hba }))
  let nats: NatsServer | undefined
  if (options.bus === 'nats') nats = await startNats()
  stack.defer(() => nats?.[Symbol.asyncDispose]())
  const bus = nats === undefined ? options.bus : `nats://127.0.0.1:${nats.port}`

  const storeAt = (place: string) =>
    `postgres://${database.rootUser}:${database.rootPassword}@${place}/postgres?sslmode=disable`

  const startNode = async (index: number, first?: TestServer): Promise<ClusterNode> => {
    const store = stack.use(await startFaultProxy({ port: database.port }))
    const away = index === count - 1 ? namespace : undefined
    const place = away === undefined ? `127.0.0.1:${store.port}` : `${away.outside}:${database.port}`
    const own = join(folder, `node-${index}`)
    await mkdir(join(own, 'server'), { recursive: true, mode: 0o700 })
    for (const file of first === undefined ? [] : ['secret.key', 'root-access-key.json'])
      await copyFile(join(first?.data ?? '', file), join(own, 'server', file))
    const state: { root: string | undefined } = { root: undefined }
    const env = { POSTERN_STORE: storeAt(place), ...(bus !== 'none' && { POSTERN_BUS: bus }) }
    const server = stack.use(
      await startServer(own, {
        config: `${UNTHROTTLED}${options.config ?? ''}`,
        args: [
          '--drain-grace',
          String(options.drainGraceSeconds ?? 0),
          // In clear text off loopback: the cable is on this machine.
          ...(away === undefined ? [] : ['--behind-proxy', away.outside]),
        ],
        get command() {
          const root = state.root === undefined ? {} : { root: state.root }
          return { env, ...root, ...(away && { enter: away.enter }) }
        },
        ...(away && { host: away.inside }),
      }),
    )
    return {
      server,
      store,
      get root() {
        return state.root
      },
      set root(root) {
        state.root = root
      },
    }
  }
  // It makes the tables and the keys.
  const first = await startNode(0)
  const [second, ...others] = await Promise.all(
    Array.from({ length: count - 1 }, (_, index) => startNode(index + 1, first.server)),
  )
  if (second === undefined) throw new Error('one node is no cluster')
  const nodes = [first, second, ...others] as const
  const balancer = stack.use(
    await startBalancer(
      nodes.map(({ server }) => server.url),
      options.checkEveryMs,
    ),
  )
  const owned = stack.move()
  return {
    nodes: [...nodes],
    balancer,
    databaseUrl: storeAt(`127.0.0.1:${database.port}`),
    front: { ...first.server, url: balancer.url },
    async killBus() {
      if (nats === undefined) throw new Error('this cluster has no NATS server')
      process.kill(nats.pid, 'SIGKILL')
      await nats[Symbol.asyncDispose]()
    },
    async startBus() {
      if (nats === undefined) throw new Error('this cluster has no NATS server')
      nats = await startNats({ port: nats.port })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** A copy of the sources that says it is of another version; the path ends in a slash. */
export async function copyAsVersion(folder: string, version: string): Promise<string> {
  const copy = join(folder, `version-${version}`)
  for (const part of ['src', 'migrations']) await cp(join(ROOT, part), join(copy, part), { recursive: true })
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  const about = await readFile(join(ROOT, 'package.json'), 'utf8')
  await writeFile(join(copy, 'package.json'), about.replace(/"version": "[^"]+"/, `"version": "${version}"`))
  return `${copy}/`
}
