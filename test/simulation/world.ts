import { randomBytes } from 'node:crypto'
import { type AccountId, rootOf, toAccessKeyId, toAccountId } from '../../src/model/ids.ts'
import { databaseRecord, outcome } from '../../src/model/listing-schemas.ts'
import { publicIds } from '../../src/store/public-id.ts'
import { openWriter } from '../../src/store/sqlite/open-writer.ts'
import { createRandom, type Random } from '../fuzz/random.ts'
import type { BusFaults } from './bus-with-losses.ts'
import { type Checks, createChecks } from './checks.ts'
import { watchChanges } from './changes.ts'
import { createDisk, type Disk } from './disk.ts'
import { type GatewayIdentity, type GatewayUnderTest, seededKey, startGateway } from './gateway-under-test.ts'
import { type Machine, type MachineProcess, startProcess } from './machine.ts'
import { type Mix, mixOf } from './mix.ts'
import { createNetwork, type Network } from './network.ts'
import { type ServerUnderTest, startServer } from './server-under-test.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { createTrace, type Trace } from './trace.ts'

/** Longer commits than these are an outage, and deadlines wait for them. */
const OUTAGE_COMMIT_MS = 400
const SERVER_SKEW_MS = 0
/** As systemd does. */
const START_AGAIN_MS = 2_000

/** A gateway as its operator sees it. */
export interface Site {
  readonly name: string
  readonly account: AccountId
  readonly identity: GatewayIdentity
  readonly machine: Machine
  /** Undefined while it is down. */
  running: GatewayUnderTest | undefined
  deleted: boolean
  /** When it was last up to something unusual. */
  disturbedAt: number
}

export interface World extends Disposable {
  readonly mix: Mix
  readonly random: Random
  readonly timeline: Timeline
  readonly trace: Trace
  readonly network: Network
  readonly disk: Disk
  readonly checks: Checks
  readonly accounts: readonly AccountId[]
  readonly sites: readonly Site[]
  readonly serverMachine: Machine
  readonly busFaults: BusFaults
  /** Undefined while none runs. */
  readonly server: ServerUnderTest | undefined
  /** When the server or its disk was last up to something unusual. */
  disturbedAt: number
  startServer(): Promise<void>
  /** `told`: the other ends of its connections hear of it. */
  killServer(told: boolean): void
  startSite(site: Site): void
  killSite(site: Site, told: boolean): void
  /** A second process with the identity of the first. */
  cloneSite(site: Site): { stop(): void }
  addSite(account: AccountId): Promise<void>
}

export function createWorld(seed: number, print?: (line: string) => void): World {
  const random = createRandom(seed)
  const mix = mixOf(random)
  const timeline = createTimeline()
  const trace = createTrace(() => timeline.now, print)
  const network = createNetwork({ timeline, random, trace })
  network.latency = mix.latency
  const busFaults = { lost: mix.busLost, late: mix.busLate }
  const serverMachine: Machine = { name: 'server', skewMs: SERVER_SKEW_MS }
  const sites: Site[] = []
  const accounts = Array.from({ length: mix.accounts }, (_, i) => toAccountId(`10000000000000${i}`))
  let checks: Checks | undefined
  let server: ServerUnderTest | undefined
  /** The clock of the last server, or of a start in vain since, minus the true time. */
  let aheadMs = SERVER_SKEW_MS
  let starts = 0

  const disk = createDisk({
    random,
    trace,
    events: {
      onCommit(ms) {
        if (ms <= OUTAGE_COMMIT_MS) return
        checks?.outage(ms)
        world.disturbedAt = Math.max(world.disturbedAt, timeline.now + ms)
      },
    },
  })
  disk.commit = mix.commit
  const { meta } = openWriter(disk.db, startProcess('setup', serverMachine, timeline).clock.now())
  disk.lose()
  const ids = publicIds(meta.idKey)
  const ledger = createChecks({
    changes: watchChanges(disk.db),
    ids,
    now: () => timeline.now,
    retentionMs: mix.retentionMs,
    trace,
  })
  checks = ledger

  const dieTogether = (process: MachineProcess, told: boolean) => {
    process.kill()
    for (const connection of network.connections) if (connection.belongsTo(process)) connection.died(process, told)
  }
  const launch = (site: Site, name: string) =>
    startGateway({
      process: startProcess(name, site.machine, timeline),
      identity: site.identity,
      network,
      random,
      badness: mix.badness,
      listMs: mix.listMs,
      onSealed({ attempt, digest, outcomeText, parts }) {
        const lines = Buffer.concat(parts).toString('utf8').split('\n')
        const names = lines.flatMap((line) => (line === '' ? [] : [databaseRecord.parse(JSON.parse(line)).name]))
        const { kind } = outcome.parse(JSON.parse(outcomeText))
        trace.note(name, `sealed ${attempt.slice(0, 6)}: ${kind}`)
        ledger.reported(attempt, { gateway: site.identity.id, digest, kind, names })
      },
    })

  const world: World = {
    mix,
    random,
    timeline,
    trace,
    network,
    disk,
    checks: ledger,
    accounts,
    sites,
    serverMachine,
    busFaults,
    disturbedAt: 0,
    get server() {
      return server?.process.alive === true ? server : undefined
    },
    async startServer() {
      if (world.server !== undefined) return
      const process = startProcess(`server${++starts}`, serverMachine, timeline)
      const skewMs = serverMachine.skewMs
      const lostMs = Math.max(0, aheadMs - skewMs)
      aheadMs = Math.max(aheadMs, skewMs)
      trace.note(process.name, lostMs > 0 ? `starts, with a clock that lost ${lostMs} ms` : 'starts')
      world.disturbedAt = Math.max(world.disturbedAt, timeline.now)
      const { retentionMs } = mix
      const now = () => timeline.now
      try {
        server = await startServer({ process, disk, network, random, busFaults, retentionMs, now })
      } catch (error) {
        if (!disk.full) throw error
        // As with the service manager: a start that the full disk refused is tried again.
        trace.note(process.name, 'cannot start, the disk is full')
        dieTogether(process, true)
        disk.lose()
        timeline.plan(START_AGAIN_MS, () => void world.startServer())
        return
      }
      aheadMs = skewMs
      ledger.restarted(lostMs)
    },
    killServer(told) {
      if (server === undefined || !server.process.alive) return
      trace.note(server.process.name, `dies${told ? '' : ' without a word'}`)
      dieTogether(server.process, told)
      disk.lose()
      ledger.rescan()
    },
    startSite(site) {
      if (site.running?.process.alive === true || site.deleted) return
      trace.note(site.name, 'starts')
      site.running = launch(site, site.name)
      site.disturbedAt = Math.max(site.disturbedAt, timeline.now)
    },
    killSite(site, told) {
      if (site.running === undefined) return
      trace.note(site.name, `dies${told ? '' : ' without a word'}`)
      dieTogether(site.running.process, told)
      site.running = undefined
      site.disturbedAt = Math.max(site.disturbedAt, timeline.now)
    },
    cloneSite(site) {
      const clone = launch(site, `${site.name}-clone`)
      trace.note(site.name, 'is run a second time')
      site.disturbedAt = Math.max(site.disturbedAt, timeline.now)
      return {
        stop() {
          site.disturbedAt = Math.max(site.disturbedAt, timeline.now)
          dieTogether(clone.process, true)
        },
      }
    },
    async addSite(account) {
      if (server === undefined) throw new Error('there is no server')
      const key = seededKey()
      const by = rootOf(account)
      const { token } = await server.fleet.createEnrollment({ account, by, region: 'default' }, undefined)
      const publicKey = Buffer.from(key.publicKey).toString('base64')
      const { gateway: id } = await server.fleet.enroll({ token, publicKey, hostname: 'simulated', version: '0.0.0' })
      const name = `gateway${sites.length + 1}`
      sites.push({
        name,
        account,
        identity: {
          id,
          server: meta.serverId,
          key,
          hosts: Array.from({ length: 1 + random.below(3) }, (_, i) => `10.0.${sites.length}.${i + 1}`),
          limits: { total: 1 + random.below(6), perEndpoint: 1 + random.below(3) },
        },
        // Gateways' clocks decide nothing: row 24.
        machine: { name, skewMs: random.below(7_200_000) - 3_600_000 },
        running: undefined,
        deleted: false,
        disturbedAt: 0,
      })
    },
    [Symbol.dispose]: () => disk[Symbol.dispose](),
  }
  return world
}

/** Accounts as an operator makes them; `randomBytes` is the seed's. */
export async function createAccounts(world: World): Promise<void> {
  for (const id of world.accounts) {
    const rootKey = { id: toAccessKeyId(`key-${id}`), account: id, principal: rootOf(id), sealedSecret: randomBytes(4) }
    await world.server?.store.access.createAccount({ id, name: `account ${id}`, rootKey })
  }
}
