import type { Connection } from './network.ts'
import type { Site, World } from './world.ts'

/** Makes one thing go wrong; it mends itself after a while. */
type Fault = (world: World) => void

const between = ({ random }: World, minMs: number, maxMs: number) => minMs + random.below(maxMs - minMs + 1)

/** So short that nobody need notice, or so long that the server takes back what it gave. */
const shortOrLong = (world: World) =>
  world.random.chance(0.5) ? between(world, 500, 20_000) : between(world, 55_000, 120_000)

function someSite(world: World): Site | undefined {
  const up = world.sites.filter(({ running }) => running !== undefined)
  return up[world.random.below(up.length)]
}

function disturb(world: World, site: Site, ms: number): void {
  site.disturbedAt = Math.max(site.disturbedAt, world.timeline.now + ms)
}

function disturbServer(world: World, ms: number): void {
  world.disturbedAt = Math.max(world.disturbedAt, world.timeline.now + ms)
}

const CONNECTION_FAULTS: readonly Fault[] = [
  (world) => withConnection(world, (connection) => connection.reset()),
  (world) => {
    const side = world.random.pick<'both' | 'server' | 'gateway'>(['both', 'server', 'gateway'])
    withConnection(world, (connection) => connection.silence(side), 60_000)
  },
  (world) => {
    const ms = between(world, 200, 50_000)
    withConnection(world, (connection) => connection.stall(ms), ms)
  },
]

function withConnection(world: World, breakIt: (connection: Connection) => void, ms = 0): void {
  const open = [...world.network.connections].filter(({ over }) => !over)
  const connection = open[world.random.below(open.length)]
  if (connection === undefined) return
  world.trace.note('chaos', `the connection of ${connection.from} breaks`)
  breakIt(connection)
  const site = world.sites.find(({ name }) => connection.from.startsWith(name))
  if (site !== undefined) disturb(world, site, ms)
}

const SITE_FAULTS: readonly Fault[] = [
  (world) => {
    const site = someSite(world)
    if (site === undefined) return
    const ms = shortOrLong(world)
    world.trace.note('chaos', `${site.name} is cut off for ${ms} ms`)
    world.network.cut(site.name, ms)
    disturb(world, site, ms)
  },
  (world) => {
    const site = someSite(world)
    if (site === undefined) return
    world.killSite(site, world.random.chance(0.7))
    world.timeline.plan(between(world, 100, 60_000), () => world.startSite(site))
  },
  (world) => {
    const site = someSite(world)
    if (site?.running === undefined) return
    const { running } = site
    world.trace.note('chaos', `${site.name} is stopped politely`)
    running.stop()
    world.timeline.plan(2_000, () => {
      if (site.running === running) world.killSite(site, true)
      world.timeline.plan(between(world, 100, 30_000), () => world.startSite(site))
    })
    disturb(world, site, 2_000)
  },
  (world) => {
    const site = someSite(world)
    if (site?.running === undefined) return
    const ms = shortOrLong(world)
    world.trace.note('chaos', `${site.name} stands still for ${ms} ms`)
    site.running.process.freeze(ms)
    disturb(world, site, ms)
  },
  (world) => {
    const site = someSite(world)
    if (site === undefined) return
    const ms = between(world, 1_000, 100_000)
    const clone = world.cloneSite(site)
    disturb(world, site, ms + 130_000)
    world.timeline.plan(ms, () => {
      clone.stop()
      disturb(world, site, 130_000)
    })
  },
]

const SERVER_FAULTS: readonly Fault[] = [
  (world) => {
    world.killServer(world.random.chance(0.7))
    const ms = world.random.chance(0.7) ? between(world, 100, 5_000) : between(world, 5_000, 90_000)
    world.timeline.plan(ms, () => void world.startServer())
  },
  (world) => {
    const { server } = world
    if (server === undefined || server.draining) return
    world.trace.note('chaos', 'the server is stopped politely')
    // As with the service manager: what does not end in time is killed.
    const ended = () => {
      if (world.server === server) world.killServer(true)
    }
    void server.stop().then(ended)
    world.timeline.plan(10_000, ended)
    world.timeline.plan(10_000 + between(world, 1, 5_000), () => void world.startServer())
    disturbServer(world, 15_000)
  },
  (world) => {
    const { server } = world
    if (server === undefined) return
    const ms = between(world, 500, 40_000)
    world.trace.note('chaos', `the server stands still for ${ms} ms`)
    server.process.freeze(ms)
    world.checks.outage(ms)
    disturbServer(world, ms)
  },
  (world) => {
    const ms = between(world, 500, 25_000)
    world.trace.note('chaos', `the next commit takes ${ms} ms`)
    world.disk.stallNext(ms)
  },
  (world) => {
    const before = world.disk.commit
    const ms = between(world, 2_000, 20_000)
    world.trace.note('chaos', `commits are slow for ${ms} ms`)
    world.disk.commit = { minMs: 100, maxMs: 1_500 }
    world.checks.outage(ms)
    disturbServer(world, ms + 3_000)
    world.timeline.plan(ms, () => {
      world.disk.commit = before.maxMs > 1_000 ? world.mix.commit : before
    })
  },
  (world) => {
    if (world.disk.full) return
    const ms = between(world, 500, 15_000)
    world.trace.note('chaos', `the disk is full for ${ms} ms`)
    world.disk.full = true
    world.checks.outage(ms + 2_000)
    disturbServer(world, ms + 5_000)
    world.timeline.plan(ms, () => {
      world.disk.full = false
    })
  },
]

const CLOCK_FAULTS: readonly Fault[] = [
  (world) => {
    const ms = between(world, -7_200_000, 7_200_000)
    world.trace.note('chaos', `the clock of the server jumps by ${ms} ms`)
    world.serverMachine.skewMs += ms
  },
  (world) => {
    const site = someSite(world)
    if (site === undefined) return
    const ms = between(world, -7_200_000, 7_200_000)
    world.trace.note('chaos', `the clock of ${site.name} jumps by ${ms} ms`)
    site.machine.skewMs += ms
  },
]

/** One fault of the mix of this seed. */
export function breakSomething(world: World): void {
  const { random, mix } = world
  const kinds = [CONNECTION_FAULTS, CONNECTION_FAULTS, SITE_FAULTS, SITE_FAULTS, SERVER_FAULTS, SERVER_FAULTS]
  if (mix.clockJumps) kinds.push(CLOCK_FAULTS)
  const kind = kinds[random.below(kinds.length)] ?? CONNECTION_FAULTS
  kind[random.below(kind.length)]?.(world)
}

/** Everything works again, so that what was promised can be kept. */
export function mendEverything(world: World): void {
  world.trace.note('chaos', 'everything is mended')
  world.disk.full = false
  world.disk.commit = { minMs: 0, maxMs: 5 }
  world.busFaults.lost = Math.min(world.busFaults.lost, 0.05)
  void world.startServer()
  for (const site of world.sites) world.startSite(site)
}
