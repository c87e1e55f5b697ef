import { setTimeout as sleep } from 'node:timers/promises'
import type { NetworkNamespace } from '../faults/network-namespace.ts'
import { eventually } from '../fixtures/eventually.ts'
import { AWAY_MS, between, type Disturbance, type Lane, stopped, UNDELIVERED } from '../faults/fault-kinds.ts'
import type { Random } from '../fuzz/random.ts'
import type { Cluster, ClusterNode } from './cluster.ts'

/** Above the 20 s after which a node is taken for dead, and the 25 s after which one that lost the store sends its gateways away. */
const LONG_MS = 35_000
const READY_MS = 20_000
const ABOUT = { explains: [...UNDELIVERED, 'ServiceUnavailable'], tailMs: AWAY_MS }
/** A node stops within some seconds; a busy machine takes longer. */
const STOP_MS = 60_000
/** Ends with the run. */
const REST_MS = 3600_000
export const UPGRADED = 'node: upgraded'

const nodeOf = ({ nodes }: Cluster, index: number): ClusterNode => nodes[index % nodes.length] ?? nodes[0]

/** A node that was started again takes part when the balancer has seen it. */
const backAt = (cluster: Cluster, index: number) =>
  eventually(
    'the balancer sees the node',
    () => cluster.balancer.ready[index % cluster.nodes.length] === true,
    READY_MS,
  )

/** One after the other, then `done` is called and nothing more happens. */
export function laneOf(
  list: readonly Disturbance[],
  { gapMs, done }: { gapMs: Lane['gapMs']; done: () => void },
): Lane {
  const first = list.map((one, index) => ({
    ...one,
    async end() {
      await one.end()
      if (index === list.length - 1) done()
    },
  }))
  const rest: Disturbance = { name: 'nothing', explains: [], tailMs: 0, forMs: REST_MS, begin: () => {}, end: () => {} }
  return { name: 'nodes', gapMs, first, next: () => rest }
}

/** Each node in turn is drained and comes back, from `root` where there is one. Nobody may notice: it explains nothing. */
export function upgrades(cluster: Cluster, { root, times }: { root?: string; times: number }): readonly Disturbance[] {
  return Array.from({ length: times * cluster.nodes.length }, (_, index) => {
    const node = nodeOf(cluster, index)
    return {
      name: UPGRADED,
      explains: [],
      tailMs: 0,
      forMs: 0,
      async begin() {
        const running = node.server.process()
        // The worst moment: the balancer hears of it as late as it can.
        await cluster.balancer.checked(index % cluster.nodes.length)
        process.kill(running.pid, 'SIGTERM')
        const code = await Promise.race([running.ended, sleep(STOP_MS, 'not within a minute', { ref: false })])
        if (code !== 0) throw new Error(`a node ended with ${code}:\n${running.output()}`)
      },
      async end() {
        node.root = node.root === undefined ? root : undefined
        await node.server.start()
        await backAt(cluster, index)
      },
    }
  })
}

/** What can happen to a node: one at a time, so that another one is there; each kind once, then by chance. */
export function nodeFaults(
  cluster: Cluster,
  { pace, random, more }: { pace: 'quick' | 'slow'; random: Random; more: number },
): readonly Disturbance[] {
  const killed = (index: number, forMs: number): Disturbance => ({
    ...ABOUT,
    name: 'node: SIGKILL',
    forMs,
    deadlines: 'restart',
    begin: async () => void (await nodeOf(cluster, index).server.process().kill('SIGKILL')),
    async end() {
      await nodeOf(cluster, index).server.start()
      await backAt(cluster, index)
    },
  })
  const frozen = (index: number, forMs: number): Disturbance => {
    const stop = stopped('node', () => nodeOf(cluster, index).server.process(), forMs)
    return {
      ...ABOUT,
      ...stop,
      name: `node: SIGSTOP for ${forMs < LONG_MS ? 'a moment' : `${LONG_MS / 1000} s`}`,
      deadlines: 'restart',
      async end() {
        stop.end()
        await backAt(cluster, index)
      },
    }
  }
  const withoutStore = (index: number, forMs: number): Disturbance => ({
    ...ABOUT,
    name: `node: no database for ${forMs < LONG_MS ? 'a moment' : `${LONG_MS / 1000} s`}`,
    forMs,
    deadlines: 'restart',
    begin: () => void (nodeOf(cluster, index).store.faults.blackHole = 'both'),
    async end() {
      const { store } = nodeOf(cluster, index)
      store.faults.blackHole = 'none'
      // What comes now would follow a hole.
      store.resetAll()
      await backAt(cluster, index)
    },
  })
  const cutStore = (index: number): Disturbance => ({
    ...ABOUT,
    name: 'node: connections to the database reset',
    forMs: 0,
    begin: () => nodeOf(cluster, index).store.resetAll(),
    end: () => {},
  })
  const any = () => {
    const index = random.below(cluster.nodes.length)
    const forMs = between(random, [200, pace === 'quick' ? 800 : 6_000])
    return random.pick([killed(index, forMs), frozen(index, forMs), withoutStore(index, forMs), cutStore(index)])
  }
  const each =
    pace === 'quick'
      ? [killed(0, 300), withoutStore(1, 800), frozen(0, 600), cutStore(1)]
      : [frozen(0, LONG_MS), withoutStore(1, LONG_MS), killed(0, LONG_MS), killed(1, 300)]
  return [...each, ...Array.from({ length: more }, any)]
}

/** The last node hears of nothing and nobody hears of it, for longer than the others wait for it, and for a moment. */
export function cableCuts(cluster: Cluster, namespace: NetworkNamespace): readonly Disturbance[] {
  const index = cluster.nodes.length - 1
  return [LONG_MS, 5_000].map((forMs) => ({
    ...ABOUT,
    name: `node: cable cut for ${forMs / 1000} s`,
    forMs,
    deadlines: 'restart' as const,
    begin: () => namespace.cut(),
    async end() {
      await namespace.mend()
      await backAt(cluster, index)
    },
  }))
}
