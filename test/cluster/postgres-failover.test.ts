import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCallers, type Made } from '../faults/callers.ts'
import { checkHistory } from '../faults/check-history.ts'
import { type HistoryFile, openHistory } from '../faults/history.ts'
import { eventually } from '../fixtures/eventually.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { createRandom } from '../fuzz/random.ts'
import { keepProbing, type Probe, probe } from './postgres-failover-probes.ts'
import { CHOICES, type FailoverWorld, startFailoverWorld } from './postgres-failover-world.ts'

/** `crash`: kill -9, with commits on their way. `stop`: an operator's. `freeze`: the machine is silent, its connections stay. */
type Kind = 'crash' | 'stop' | 'freeze'
/** So many times one after the other, with more callers and two nodes. */
const ROUNDS = Number(process.env['POSTERN_FAILOVERS'] ?? 0)
const LONG = ROUNDS > 0
const KINDS: readonly Kind[] = LONG
  ? Array.from({ length: ROUNDS }, (_, index) => (['freeze', 'crash', 'stop'] as const)[index % 3] ?? 'crash')
  : ['crash']
const PER_SECOND = LONG ? 20 : 8
const SEED = 20_260_307
const DELIVERY_MS = 30_000
const EXECUTION_MS = 20_000
/** After the address leads to the new primary: what still waits for the old one is given up after 6 s of silence. */
const BACK_MS: Readonly<Record<Kind, number>> = { crash: 3_000, stop: 3_000, freeze: 8_000 }
/** One call in a failover: 5 s for a free connection or a batch, 6 s for an answer. */
const LONGEST_CALL_MS = 12_000
const skip =
  (findPostgresql() === undefined && 'PostgreSQL is not on this machine') ||
  (process.platform !== 'linux' && 'its processes are found by /proc')

interface Failover {
  readonly kind: Kind
  readonly from: number
  readonly switched: number
}

test(`PostgreSQL fails over under load (${KINDS.join(', ')}): what was acknowledged is there, and calls fail only meanwhile`, {
  skip,
}, async (t) => {
  await using folder = await tempFolder('failover')
  await using history = await openHistory(join(folder.path, 'history.jsonl'))
  await using world = await startFailoverWorld(folder.path, { nodes: LONG ? 2 : 1, synchronous: true })
  const pids = processesOf(world)
  const load = startLoad(world, history)
  await load.someTasks()

  const failovers: Failover[] = []
  for (const [index, kind] of KINDS.entries()) {
    if (index > 0) await world.pair.addStandby()
    await load.someTasks()
    failovers.push(await failOver(world, kind, history))
    await load.someTasks()
  }
  const { made, probes } = await load.end()
  assert.deepEqual(processesOf(world), pids, 'nothing was started again')
  checkProbes(t, probes, failovers)
  const doubtful = probes.filter(({ message }) => message.includes('not known whether'))
  if (KINDS.includes('crash')) assert.ok(doubtful.length > 0, 'no commit was on its way')
  await checkDoubtful(world, doubtful)

  const violations = checkHistory(await history.read())
  t.diagnostic(`${made.length} acknowledged tasks, ${probes.length} probes, ${doubtful.length} commits without an answer`)
  assert.deepEqual(violations, [])
  assert.ok(made.length >= KINDS.length * 10, `${made.length} tasks`)
})

test('a standby that commits do not wait for loses what was acknowledged, and the checker finds it', {
  skip: skip || (!LONG && 'a part of npm run test:cluster'),
}, async () => {
  await using folder = await tempFolder('failover-asynchronous')
  await using history = await openHistory(join(folder.path, 'history.jsonl'))
  await using world = await startFailoverWorld(folder.path, { nodes: 1, synchronous: false })
  const load = startLoad(world, history)
  await load.someTasks()
  await world.pair.cutStandby()
  await load.someTasks()
  await failOver(world, 'stop', history)
  await load.someTasks()
  await load.end()
  const rules = new Set(checkHistory(await history.read()).map(({ rule }) => rule))
  assert.ok(rules.has('an acknowledged task is found until the end'), [...rules].join(', '))
})

const processesOf = ({ servers, gateways }: FailoverWorld) =>
  [...servers, ...gateways].map((one) => {
    const { pid, child } = one.process()
    assert.equal(child.exitCode ?? child.signalCode, null, 'it runs')
    return pid
  })

/** Callers that come at a steady rate, changes of what there is to list, and probes of every node. */
function startLoad(world: FailoverWorld, history: HistoryFile) {
  const stop = new AbortController()
  const callers = createCallers({
    world,
    history,
    seed: SEED,
    deliveryMs: DELIVERY_MS,
    executionMs: EXECUTION_MS,
    signal: new AbortController().signal,
  })
  const running: Promise<Made | undefined>[] = []
  let done = 0
  const come = async () => {
    while (!stop.signal.aborted) {
      const caller = callers.run(running.length)
      void caller.then(() => done++)
      running.push(caller)
      await sleep(1000 / PER_SECOND, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const change = async () => {
    const random = createRandom(SEED, 1)
    for (const endpoint = world.endpoints[0].name; !stop.signal.aborted; ) {
      const from = performance.now()
      const names = random.pick(CHOICES)
      world.quick.databases = names.map((name) => Number(name.slice(2)))
      history.add({ kind: 'truth', from, to: performance.now(), endpoint, names: [...names] })
      await sleep(500, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const works = [
    Promise.all(world.accounts.map((account) => keepProbing(account, account.name, stop.signal))),
    come(),
    change(),
  ] as const
  return {
    /** Some more have come to their end, so whatever is needed for it works. */
    async someTasks() {
      const enough = done + 8
      await eventually('tasks end', () => done >= enough, 40_000)
    },
    async end() {
      stop.abort()
      const [probes] = await Promise.all(works)
      const made = (await Promise.all(running)).filter((one) => one !== undefined)
      for (const one of made) await callers.readAgain(one)
      for (const account of world.accounts) await callers.list(account)
      return { made, probes: probes.flat() }
    },
  }
}

async function failOver(world: FailoverWorld, kind: Kind, history: HistoryFile): Promise<Failover> {
  const { pair, servers } = world
  const from = performance.now()
  if (kind === 'crash') {
    // What is told to commit now is told to the standby, which has it without having said so.
    await pair.holdStandby()
    await eventually('a commit waits for the standby', async () => {
      const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
      return (await pair.primary.query(waiting)).length > 1
    })
    await pair.crash()
    pair.releaseStandby()
  }
  if (kind === 'stop') await pair.stop()
  if (kind === 'freeze') await pair.freeze()
  for (const server of servers) await eventually('it is not ready', async () => (await ready(server)) === 503, 15_000)
  await pair.promote()
  world.follow()
  const switched = performance.now()
  const explains = ['ServiceUnavailable']
  history.add({ kind: 'fault', name: kind, from, to: switched, explains, tailMs: BACK_MS[kind], deadlines: 'pause' })
  for (const server of servers) await eventually('it is ready', async () => (await ready(server)) === 200, 15_000)
  return { kind, from, switched }
}

const ready = async ({ url }: { readonly url: string }) => (await fetch(`${url}/readyz`)).status

/** Calls are answered, fail only with what a failover explains, and only while it lasts. */
function checkProbes(t: TestContext, probes: readonly Probe[], failovers: readonly Failover[]): void {
  const failed = probes.filter(({ code }) => code !== undefined)
  for (const { status, code, message } of failed) {
    assert.deepEqual([status, code], [503, 'ServiceUnavailable'], message)
    assert.match(message, /store cannot be reached/)
  }
  const longest = Math.max(...probes.map(({ from, to }) => to - from))
  assert.ok(longest <= LONGEST_CALL_MS, `a call took ${longest.toFixed(0)} ms`)
  for (const { kind, from, switched } of failovers) {
    const late = probes.filter(({ code, to }) => code === undefined && to > switched)
    const first = (wanted: Probe['kind']) =>
      Math.min(...late.filter((one) => one.kind === wanted).map(({ to }) => to)) - switched
    const during = failed.filter((one) => one.to >= from && one.to <= switched + BACK_MS[kind])
    const last = Math.max(switched, ...during.map(({ to }) => to)) - switched
    t.diagnostic(
      `${kind}: away for ${(switched - from).toFixed(0)} ms, then read after ${first('read').toFixed(0)} ms, written after ${first('write').toFixed(0)} ms, the last refusal after ${last.toFixed(0)} ms; ${during.length} refused; the longest call ${longest.toFixed(0)} ms`,
    )
  }
  const outside = failed.filter(
    ({ to }) => !failovers.some(({ kind, from, switched }) => to >= from && to <= switched + BACK_MS[kind]),
  )
  assert.deepEqual(outside, [], 'calls failed before the failover, or long after it')
}

/** Whoever was told that the commit is in doubt gets the task that was made, once. */
async function checkDoubtful({ accounts, pair }: FailoverWorld, doubtful: readonly Probe[]): Promise<void> {
  for (const { token } of doubtful.filter(({ kind }) => kind === 'write')) {
    const account = accounts.find(({ name }) => token.startsWith(name)) ?? accounts[0]
    const [there] = await pair.primary.query(`SELECT task FROM client_tokens WHERE value = '${token}'`)
    const again = await probe(account, { kind: 'write', token })
    assert.equal(again.status, 200)
    const [row] = await pair.primary.query(
      `SELECT count(*)::integer AS tokens, min(task) AS task FROM client_tokens WHERE value = '${token}'`,
    )
    assert.equal(row?.['tokens'], 1)
    if (there !== undefined) assert.equal(row['task'], there['task'])
  }
}
