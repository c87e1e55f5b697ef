import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCallers, type Made } from '../faults/callers.ts'
import { checkHistory } from '../faults/check-history.ts'
import type { WorldAccount } from '../faults/fault-world.ts'
import { type HistoryFile, openHistory } from '../faults/history.ts'
import { eventually } from '../fixtures/eventually.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { createRandom } from '../fuzz/random.ts'
import { createProber, type Probe } from './postgres-failover-probes.ts'
import { type DatabaseBy, type FailoverWorld, startFailoverWorld } from './postgres-failover-world.ts'

/** `crash`: kill -9, with commits on their way. `stop`: an operator's. `freeze`: the machine is silent, its connections stay. */
type Kind = 'crash' | 'stop' | 'freeze'
/** So many times one after the other, with more callers and two nodes. */
const ROUNDS = Number(process.env['POSTERN_FAILOVERS'] ?? 0)
const LONG = ROUNDS > 0
const KINDS: readonly Kind[] = LONG
  ? Array.from({ length: ROUNDS }, (_, index) => (['freeze', 'crash', 'stop'] as const)[index % 3] ?? 'crash')
  : ['crash']
const PER_SECOND = LONG ? 10 : 5
const PROBE_MS = LONG ? 75 : 150
const MAX_CALLERS = 12
const SEED = 20_260_307
const DELIVERY_MS = 30_000
const EXECUTION_MS = 20_000
/** After the address leads to the new primary: what still waits for the old one is given up after 6 s of silence. */
const BACK_MS: Readonly<Record<Kind, number>> = { crash: 3_000, stop: 3_000, freeze: 8_000 }
/** One call in a failover: 5 s for a free connection or a batch, 6 s for an answer. */
const LONGEST_CALL_MS = 12_000
/** `npm test` follows a failover in test/store/postgres-failover.test.ts. */
const ONLY_LONG = 'a part of npm run test:cluster'
const skip =
  (findPostgresql() === undefined && 'PostgreSQL is not on this machine') ||
  (process.platform !== 'linux' && 'its processes are found by /proc')

interface Failover {
  readonly kind: Kind
  readonly from: number
  readonly switched: number
}

test(
  `PostgreSQL fails over under load (${KINDS.join(', ')}): what was acknowledged is there, and calls fail only meanwhile`,
  {
    skip: skip || (!LONG && ONLY_LONG),
  },
  (t) => losesNothing(t, KINDS, 'address'),
)

for (const kind of ['crash', 'freeze'] as const) {
  test(
    `the same where the URL names both hosts (${kind})`,
    {
      skip: skip || (!LONG && ONLY_LONG),
    },
    (t) => losesNothing(t, [kind], 'hosts'),
  )
}

async function losesNothing(t: TestContext, kinds: readonly Kind[], by: DatabaseBy) {
  await using folder = await tempFolder('failover')
  await using history = await openHistory(join(folder.path, 'history.jsonl'))
  await using world = await startFailoverWorld(folder.path, { nodes: LONG ? 2 : 1, synchronous: true, by })
  const pids = processesOf(world)
  await using load = startLoad(world, history)
  await load.someTasks()

  const failovers: Failover[] = []
  for (const [index, kind] of kinds.entries()) {
    if (index > 0) await world.pair.addStandby()
    await load.someTasks()
    failovers.push(await failOver(world, kind, { load, history }))
    await load.someTasks()
  }
  const probes = await load.stop()
  checkProbes(t, probes, failovers)
  const doubtful = probes.filter(({ message }) => message.includes('not known whether'))
  if (kinds.includes('crash')) assert.ok(doubtful.length > 0, 'no commit was on its way')
  const { again, wereMade } = await repeat(doubtful, { world, load })
  // The standby had it when the primary died.
  if (kinds.includes('crash')) assert.ok(wereMade > 0, 'no commit in doubt was made')
  const made = await load.end([...probes, ...again])
  assert.deepEqual(processesOf(world), pids, 'nothing was started again')

  const violations = checkHistory(await history.read())
  t.diagnostic(
    `${made.length} acknowledged tasks, ${probes.length} probes, ${doubtful.length} commits without an answer`,
  )
  assert.deepEqual(violations, [])
  assert.ok(made.length >= kinds.length * 10, `${made.length} tasks`)
}

test('a standby that commits do not wait for loses what was acknowledged, and the checker finds it', {
  skip: skip || (!LONG && ONLY_LONG),
}, async () => {
  await using folder = await tempFolder('failover-asynchronous')
  await using history = await openHistory(join(folder.path, 'history.jsonl'))
  await using world = await startFailoverWorld(folder.path, { nodes: 1, synchronous: false, by: 'address' })
  await using load = startLoad(world, history)
  await load.someTasks()
  await world.pair.cutStandby()
  await load.someTasks()
  await failOver(world, 'stop', { load, history })
  await load.someTasks()
  await load.end(await load.stop())
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
type Load = ReturnType<typeof startLoad>

function startLoad(world: FailoverWorld, history: HistoryFile) {
  const stop = new AbortController()
  const giveUp = new AbortController()
  const limits = { deliveryMs: DELIVERY_MS, executionMs: EXECUTION_MS }
  const creates = new Set<number>()
  const watched: Pick<HistoryFile, 'add'> = {
    add(event) {
      if (event.kind === 'invoke' && event.does.action === 'create') creates.add(event.call)
      if (event.kind === 'answer' || event.kind === 'timeout') creates.delete(event.call)
      history.add(event)
    },
  }
  const callers = createCallers({ world, history: watched, seed: SEED, ...limits, signal: giveUp.signal })
  const prober = createProber({ world, history: watched, ...limits })
  /** Who has a gateway; of two callers that follow each other one is of the first account and one of the second. */
  const owners = world.accounts.filter(({ gateways }) => gateways.length > 0)
  const step = owners.length === 1 ? 2 : 1
  const running: Promise<Made | undefined>[] = []
  const written: Promise<Probe>[] = []
  const write = (account: WorldAccount) => {
    const probe = prober.write(account, `${account.name}-single-${written.length}`)
    written.push(probe)
    return probe
  }
  let done = 0
  const state = { paused: false }
  const come = async () => {
    while (!stop.signal.aborted) {
      const caller = callers.run(running.length * step)
      void caller.finally(() => done++)
      running.push(caller)
      await sleep(1000 / PER_SECOND, undefined, { signal: stop.signal }).catch(() => {})
      // Of a busy machine not more is asked than it does.
      while ((state.paused || running.length - done >= MAX_CALLERS) && !stop.signal.aborted) await sleep(50)
    }
  }
  const change = async () => {
    const random = createRandom(SEED, 1)
    for (const [endpoint] = world.endpoints; !stop.signal.aborted; ) {
      const from = performance.now()
      const names = random.pick(endpoint.choices)
      await endpoint.change(names)
      history.add({ kind: 'truth', from, to: performance.now(), endpoint: endpoint.name, names: [...names] })
      await sleep(500, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  const works = [
    Promise.all(
      owners.map((account) =>
        prober.keepAsking(account, { everyMs: PROBE_MS, writes: () => !state.paused, signal: stop.signal }),
      ),
    ),
    come(),
    change(),
  ] as const
  return {
    /** Some more have come to their end, so whatever is needed for it works. */
    async someTasks() {
      const enough = done + (LONG ? 12 : 4)
      await eventually(`tasks end: ${enough} of ${running.length}`, () => done >= enough, 90_000)
    },
    write: (account: WorldAccount) => void write(account),
    writeAgain: (account: WorldAccount, token: string) => prober.write(account, token),
    /** No new tasks but what is written on purpose; resolves when those before have been written. */
    async pause() {
      state.paused = true
      await eventually('no create is on its way', () => creates.size === 0)
      await write(world.accounts[0])
    },
    resume() {
      state.paused = false
    },
    async stop() {
      stop.abort()
      return [...(await Promise.all(works))[0].flat(), ...(await Promise.all(written))]
    },
    /** Every acknowledged task, read again when all have ended. */
    async end(probes: readonly Probe[]): Promise<readonly Made[]> {
      const made = (await Promise.all(running)).filter((one) => one !== undefined)
      const probed = probes.flatMap(({ account, task }) => (task === undefined ? [] : [{ account, task }]))
      const open = 'SELECT 1 FROM tasks WHERE ended_at IS NULL LIMIT 1'
      await eventually('all have ended', async () => (await world.pair.primary.query(open)).length === 0, 60_000)
      const all = [...made, ...probed]
      for (let at = 0; at < all.length; at += 16)
        await Promise.all(all.slice(at, at + 16).map((one) => callers.readAgain(one)))
      for (const account of world.accounts) await callers.list(account)
      return all
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      giveUp.abort()
      await Promise.all([...works, ...running])
    },
  }
}

async function failOver(
  world: FailoverWorld,
  kind: Kind,
  { load, history }: { readonly load: Load; readonly history: HistoryFile },
): Promise<Failover> {
  const { pair, servers } = world
  // Creates go to the database a batch at a time: the next one is the only one.
  if (kind === 'crash') await load.pause()
  const from = performance.now()
  if (kind === 'crash') {
    // What is told to commit now is told to the standby, which has it without having said so.
    await pair.holdStandby()
    load.write(world.accounts[0])
    await eventually('a create waits for the standby', async () => {
      const waiting = `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE wait_event = 'SyncRep' AND relation = 'client_tokens'::regclass`
      return (await pair.primary.query(waiting)).length > 0
    })
    load.resume()
    await pair.crash()
    pair.releaseStandby()
    // One that can be read and may lack the newest is nothing to serve from.
    world.follow('standby')
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

async function ready({ url }: { readonly url: string }): Promise<number> {
  const answer = await fetch(`${url}/readyz`)
  await answer.arrayBuffer()
  return answer.status
}

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
  const outside = failed
    .filter(({ to }) => !failovers.some(({ kind, from, switched }) => to >= from && to <= switched + BACK_MS[kind]))
    .map(({ kind, from, to, message }) => ({ kind, from, to, message }))
  assert.deepEqual(outside, [], `calls failed before a failover, or long after it: ${JSON.stringify(failovers)}`)
}

/** Whoever was told that the commit is in doubt asks again, and gets the task that was made. */
async function repeat(
  doubtful: readonly Probe[],
  { world: { pair }, load }: { world: FailoverWorld; load: Load },
): Promise<{ readonly again: readonly Probe[]; readonly wereMade: number }> {
  const again: Probe[] = []
  let wereMade = 0
  for (const { account, token } of doubtful) {
    const made = `SELECT task::text FROM client_tokens WHERE value = '${token}'`
    const before = await pair.primary.query(made)
    wereMade += before.length
    const probe = await load.writeAgain(account, token)
    assert.equal(probe.status, 200)
    again.push(probe)
    if (before.length > 0) assert.deepEqual(await pair.primary.query(made), before)
  }
  return { again, wereMade }
}
