import type { FaultProxy } from '../fixtures/fault-proxy.ts'
import type { Running } from '../fixtures/process.ts'
import type { Random } from '../fuzz/random.ts'
import type { FaultWorld, WorldEndpoint, WorldGateway } from './fault-world.ts'
import type { FaultEvent } from './history.ts'

/** Something that breaks, and how it is mended; what the history says of it. */
export interface Disturbance
  extends Pick<FaultEvent, 'name' | 'gateway' | 'endpoint' | 'explains' | 'tailMs' | 'deadlines'> {
  readonly forMs: number
  begin(): Promise<void> | void
  end(): Promise<void> | void
}

/** Faults of one thing, one after the other; things break beside each other. */
export interface Lane {
  readonly name: string
  /** Between two of its faults. */
  readonly gapMs: readonly [number, number]
  /** These come first. */
  readonly first: readonly Disturbance[]
  next(random: Random): Disturbance
}

/** `slow`: over minutes, with processes and links that are gone for longer than the 45 s after which they are given up. */
export type Pace = 'quick' | 'slow' | 'steady'

/** A gateway finds out after 45 s and tries again after 30 s at most; then its tasks start. */
export const AWAY_MS = 80_000
/** What waits behind a slow endpoint gets its turn so much later. */
const QUEUE_MS = 15_000
const LONG_MS = 50_000
const BACK_MS = 10_000
export const UNDELIVERED = ['BackupGateway.Offline', 'BackupGateway.Busy', 'Task.ExecutionTimedOut']
const UNREACHABLE = ['Endpoint.ConnectionReset', 'Endpoint.ConnectTimedOut', 'Task.ExecutionTimedOut']

type About = Pick<Disturbance, 'gateway' | 'endpoint' | 'explains' | 'tailMs'>

/** Everything that can break in the world; `steady` ends no process, so that their memory can be compared. */
export function lanesOf(world: FaultWorld, pace: Pace): readonly Lane[] {
  const gateways = world.accounts.flatMap((account) => account.gateways)
  const lanes = [
    proxyLane('door', world.door, { pace, about: { explains: [], tailMs: 0 } }),
    ...gateways.map((gateway) =>
      proxyLane(`link of ${gateway.id}`, gateway.link, {
        pace,
        about: { gateway: gateway.id, explains: UNDELIVERED, tailMs: AWAY_MS },
      }),
    ),
    ...world.endpoints.map((endpoint) => endpointLane(world, endpoint, pace)),
  ]
  if (pace === 'steady') return lanes
  return [serverLane(world, pace), ...gateways.map((gateway) => gatewayLane(gateway, pace)), ...lanes]
}

export const between = (random: Random, [from, to]: readonly [number, number]) => from + random.below(to - from)

function serverLane(world: FaultWorld, pace: Pace): Lane {
  const about = { explains: [...UNDELIVERED, 'ServiceUnavailable'], tailMs: AWAY_MS }
  const ending = (signal: 'SIGKILL' | 'SIGTERM', forMs: number, slowCommits: boolean): Disturbance => ({
    ...about,
    name: `server: ${signal}${slowCommits ? ', then slow commits' : ''}`,
    forMs,
    deadlines: 'restart',
    async begin() {
      await world.server.process().kill(signal)
    },
    end() {
      world.slowCommits = slowCommits
      return world.server.start()
    },
  })
  const pause = (forMs: number) => ({
    ...about,
    ...stopped('server', () => world.server.process(), forMs),
    deadlines: 'pause' as const,
  })
  const fullDisk = (disk: NonNullable<FaultWorld['disk']>, forMs: number): Disturbance => ({
    ...about,
    name: 'server: full disk',
    forMs,
    deadlines: 'pause',
    begin: () => disk.fill(),
    end: () => disk.free(),
  })
  return {
    name: 'server',
    gapMs: pace === 'quick' ? [1_000, 3_000] : [8_000, 25_000],
    first:
      pace === 'quick'
        ? [ending('SIGKILL', 300, true), ...(world.disk === undefined ? [] : [fullDisk(world.disk, 800)]), pause(600)]
        : [pause(LONG_MS)],
    next(random) {
      const forMs = between(random, pace === 'quick' ? [200, 800] : [300, 5_000])
      const slowCommits = random.chance(0.5)
      const choices: [Disturbance, ...Disturbance[]] = [ending('SIGKILL', forMs, slowCommits), pause(forMs)]
      if (pace === 'slow') choices.push(ending('SIGTERM', forMs, slowCommits))
      if (world.disk !== undefined) choices.push(fullDisk(world.disk, forMs))
      return random.pick(choices)
    },
  }
}

function gatewayLane({ id, gateway }: WorldGateway, pace: Pace): Lane {
  const about = { gateway: id, explains: [...UNDELIVERED, ...UNREACHABLE], tailMs: AWAY_MS }
  const ending = (signal: 'SIGKILL' | 'SIGTERM', forMs: number): Disturbance => ({
    ...about,
    name: `gateway: ${signal}`,
    forMs,
    async begin() {
      await gateway.process().kill(signal)
    },
    async end() {
      gateway.launch()
      // Else it would be ended again before it did anything; its link may be broken meanwhile.
      await gateway
        .process()
        .line('"msg":"connected"', BACK_MS)
        .catch(() => {})
    },
  })
  const pause = (forMs: number) => ({ ...about, ...stopped('gateway', () => gateway.process(), forMs) })
  return {
    name: `gateway ${id}`,
    gapMs: pace === 'quick' ? [2_000, 5_000] : [8_000, 30_000],
    first: pace === 'quick' ? [ending('SIGKILL', 200)] : [pause(LONG_MS)],
    next(random) {
      const forMs = between(random, pace === 'quick' ? [200, 800] : [300, 6_000])
      return random.pick([ending('SIGKILL', forMs), pause(forMs), ending('SIGTERM', forMs)])
    },
  }
}

export function stopped(what: string, running: () => Running, forMs: number) {
  return {
    name: `${what}: SIGSTOP for ${forMs < LONG_MS ? 'a moment' : `${LONG_MS / 1000} s`}`,
    forMs,
    begin: () => void process.kill(running().pid, 'SIGSTOP'),
    end: () => void process.kill(running().pid, 'SIGCONT'),
  }
}

function endpointLane(world: FaultWorld, endpoint: WorldEndpoint, pace: Pace): Lane {
  const { name, proxy } = endpoint
  const about = { endpoint: name, explains: [...UNREACHABLE, 'BackupGateway.Busy'], tailMs: QUEUE_MS }
  const lane = proxyLane(name, proxy, { pace, about })
  if (endpoint !== world.endpoints[0]) return lane
  const slow = (delayMs: number, forMs: number): Disturbance => ({
    ...about,
    name: `${name}: slow answers`,
    forMs,
    begin: () => void (world.quick.delayMs = delayMs),
    end: () => void (world.quick.delayMs = 0),
  })
  return {
    ...lane,
    next: (random) =>
      random.chance(0.3) ? slow(between(random, [50, 3_000]), between(random, [500, 3_000])) : lane.next(random),
  }
}

/** What a network does. After bytes were swallowed no connection goes on: its stream would have a hole. */
function proxyLane(name: string, proxy: FaultProxy, { pace, about }: { pace: Pace; about: About }): Lane {
  const kind = name.startsWith('link') ? 'link' : name
  const reset: Disturbance = {
    ...about,
    name: `${kind}: reset`,
    forMs: 0,
    begin: () => proxy.resetAll(),
    end: () => {},
  }
  const latency = (latencyMs: number, forMs: number): Disturbance => ({
    ...about,
    name: `${kind}: latency`,
    forMs,
    begin: () => void (proxy.faults.latencyMs = latencyMs),
    end() {
      proxy.faults.latencyMs = 0
      // What comes at once now would overtake what is still under way.
      proxy.resetAll()
    },
  })
  const blackHole = (way: 'toServer' | 'toClient' | 'both', forMs: number): Disturbance => ({
    ...about,
    name: `${kind}: black hole ${way}`,
    forMs,
    begin: () => void (proxy.faults.blackHole = way),
    end() {
      proxy.faults.blackHole = 'none'
      proxy.resetAll()
    },
  })
  const halfOpen: Disturbance = {
    ...about,
    name: `${kind}: half-open`,
    forMs: 0,
    begin: () => proxy.halfOpenAll(),
    end: () => {},
  }
  const limit = (bytesToClient: number, action: 'reset' | 'end' | 'blackHole', forMs: number): Disturbance => ({
    ...about,
    name: `${kind}: ${action} after some bytes`,
    forMs,
    begin: () => void (proxy.faults.limit = { bytesToClient, action }),
    end() {
      proxy.faults.limit = undefined
      proxy.resetAll()
    },
  })
  return {
    name,
    gapMs: pace === 'quick' ? [500, 2_000] : [3_000, 15_000],
    first: pace === 'slow' && kind === 'link' ? [halfOpen, blackHole('both', LONG_MS)] : [],
    next(random) {
      const forMs = between(random, pace === 'quick' ? [100, 800] : [200, 5_000])
      const way = random.pick<'toServer' | 'toClient' | 'both'>(['toServer', 'toClient', 'both'])
      const action = random.pick<'reset' | 'end' | 'blackHole'>(['reset', 'end', 'blackHole'])
      const choices: [Disturbance, ...Disturbance[]] = [
        reset,
        latency(between(random, [10, 400]), forMs),
        blackHole(way, forMs),
        limit(between(random, [0, 2_000]), action, forMs),
      ]
      // A quick run has no time to wait for the 45 s after which it is found.
      if (pace !== 'quick') choices.push(halfOpen)
      return random.pick(choices)
    },
  }
}
