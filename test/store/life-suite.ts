import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type TaskId } from '../../src/model/ids.ts'
import { isTerminal, MAX_ATTEMPTS } from '../../src/model/task.ts'
import type { Claim, ClaimKey, SessionEpoch, Task } from '../../src/store/task-store.ts'
import {
  cancelIn,
  failure,
  listing,
  newTask,
  type OpenStore,
  storeWorld,
  type TestGateway,
  token,
  type World,
} from './store-world.ts'

const small = fc.nat({ max: 7 })
/** Mostly the first one, so that much happens to few tasks. */
const ofGateway = fc.constantFrom<number[]>(0, 0, 0, 1)
/** Bits: which attempts the gateway still holds; often none. */
const holding = fc.oneof(fc.constant(0), fc.nat())
const of = <const K extends string, T>(kind: K, fields: { [P in keyof T]: fc.Arbitrary<T[P]> }) =>
  fc.record<T>(fields).map((values) => ({ kind, ...values }))
const operation = fc.oneof(
  { weight: 2, arbitrary: of('create', { gateway: ofGateway, host: small, token: small }) },
  { weight: 1, arbitrary: of('open', { gateway: ofGateway }) },
  { weight: 3, arbitrary: of('reconnect', { gateway: ofGateway, holding }) },
  { weight: 1, arbitrary: of('close', { gateway: ofGateway }) },
  { weight: 5, arbitrary: of('claim', { gateway: ofGateway, total: small, each: small }) },
  { weight: 2, arbitrary: of('accepted', { attempt: fc.nat() }) },
  { weight: 3, arbitrary: of('finish', { attempt: fc.nat(), other: fc.boolean() }) },
  { weight: 1, arbitrary: of('cancel', { task: fc.nat() }) },
  { weight: 1, arbitrary: of('adopt', { gateway: ofGateway, holding }) },
  { weight: 2, arbitrary: of('pass', { ms: fc.constantFrom<number[]>(10, 8_000, 16_000) }) },
  { weight: 1, arbitrary: of('restart', {}) },
)
type Operation = (typeof operation extends fc.Arbitrary<infer T> ? T : never) & object

/** What must be true of every task, whatever happens to it: kept beside the store while operations run. */
interface Ledger {
  readonly gateways: readonly TestGateway[]
  readonly sessions: (SessionEpoch | undefined)[]
  readonly acknowledged: Map<TaskId, TestGateway>
  readonly attempts: (Claim & ClaimKey)[]
  /** Every end that was told, in the order of the telling. */
  readonly told: Map<TaskId, Task[]>
  readonly final: Map<TaskId, Task>
}

/** `runs`: how many lives; each is a store of its own. */
export function lifeSuite(open: OpenStore, runs: number): void {
  test('row 12: whatever happens, an acknowledged task is there, ends, and ends once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 60, maxLength: 100, size: 'max' }), async (operations) => {
        await using world = await storeWorld(open)
        const gateways = [await world.gateway(), await world.gateway()]
        const ledger: Ledger = {
          gateways,
          sessions: gateways.map(() => undefined),
          acknowledged: new Map(),
          attempts: [],
          told: new Map(),
          final: new Map(),
        }
        for (const one of operations) {
          await apply(world, ledger, one)
          await check(world, ledger)
        }
        for (let i = 0; i < 8; i++) await apply(world, ledger, { kind: 'pass', ms: 200_000 })
        await check(world, ledger)
        assert.deepEqual(new Set(ledger.final.keys()), new Set(ledger.acknowledged.keys()), 'every task has ended')
        for (const [id, tasks] of ledger.told) assert.equal(tasks.length, 1, `the end of ${id} was told once`)
        assert.deepEqual(new Set(ledger.told.keys()), new Set(ledger.final.keys()))
      }),
      { numRuns: runs, interruptAfterTimeLimit: 60_000 },
    )
  })
}

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(list.length, 1)]

async function apply(world: World, ledger: Ledger, one: Operation): Promise<void> {
  const { store, clock } = world
  const { sessions, attempts } = ledger
  switch (one.kind) {
    case 'create': {
      const gateway = pick(ledger.gateways, one.gateway)
      assert.ok(gateway !== undefined)
      const wanted = newTask(gateway, { host: `h${one.host % 3}`, deliveryMs: 90_000, executionMs: 120_000 })
      const tokened = one.token < 4 ? { ...wanted, token: token(`t${one.token}`, clock, wanted.host) } : wanted
      const created = await store.tasks.create(tokened, undefined)
      if (created.kind === 'new') ledger.acknowledged.set(created.task, gateway)
      if (created.kind === 'same token') assert.ok(ledger.acknowledged.has(created.task))
      return
    }
    case 'open':
      await openSession(world, ledger, one.gateway)
      return
    case 'reconnect': {
      await openSession(world, ledger, one.gateway)
      return adopt(world, ledger, one)
    }
    case 'close': {
      const session = sessions[one.gateway % 2]
      if (session !== undefined) await store.fleet.close(session)
      return
    }
    case 'claim': {
      const session = sessions[one.gateway % 2]
      if (session === undefined) return
      const claims = await store.tasks.claim(session, { total: one.total, perEndpoint: one.each })
      assert.ok(claims.length <= one.total)
      for (const claim of claims) {
        assert.ok(!ledger.final.has(claim.task), 'what has ended is not claimed')
        assert.ok(!attempts.some(({ attempt }) => attempt === claim.attempt), 'an attempt is given once')
        const earlier = attempts.filter(({ task }) => task === claim.task)
        assert.equal(claim.number, earlier.length + 1)
        assert.ok(claim.number <= MAX_ATTEMPTS)
        attempts.push({ ...claim, gateway: session.gateway })
      }
      return
    }
    case 'accepted': {
      const claim = pick(attempts, one.attempt)
      if (claim !== undefined) await store.tasks.accepted(claim)
      return
    }
    case 'finish':
      return finish(world, ledger, one)
    case 'cancel': {
      const [id, gateway] = pick([...ledger.acknowledged], one.task) ?? []
      if (id === undefined || gateway === undefined) return
      const cancelled = await cancelIn(world, gateway, id)
      if (cancelled.task.state === 'Cancelled' && !ledger.final.has(id)) tell(ledger, [cancelled.task])
      return
    }
    case 'adopt':
      return adopt(world, ledger, one)
    case 'pass': {
      clock.advance(one.ms)
      for (let i = 0; i < 3; i++) tell(ledger, await store.tasks.expire(clock.now()))
      return
    }
    case 'restart':
      return world.reopen()
  }
}

async function openSession(world: World, ledger: Ledger, gateway: number): Promise<void> {
  const opened = ledger.gateways[gateway % 2]
  if (opened !== undefined) ledger.sessions[gateway % 2] = await world.session(opened)
}

async function adopt(world: World, ledger: Ledger, one: { gateway: number; holding: number }): Promise<void> {
  const session = ledger.sessions[one.gateway % 2]
  if (session === undefined) return
  const held = ledger.attempts.filter(
    (claim, i) => claim.gateway === session.gateway && (one.holding >> (i % 30)) % 2 === 1,
  )
  const adopted = await world.store.tasks.adopt(
    session,
    held.map(({ attempt }) => attempt),
  )
  tell(ledger, adopted.ended)
}

async function finish(world: World, ledger: Ledger, one: { attempt: number; other: boolean }): Promise<void> {
  const claim = pick(ledger.attempts, one.attempt)
  if (claim === undefined) return
  const gateway = ledger.gateways.find(({ id }) => id === claim.gateway)
  assert.ok(gateway !== undefined)
  const before = ledger.final.get(claim.task)
  const end = await world.store.tasks.finish(claim, one.other ? failure(gateway) : listing(gateway))
  assert.notEqual(end.kind, 'unknown')
  const newest = ledger.attempts.findLast(({ task }) => task === claim.task)
  if (before === undefined && newest?.attempt === claim.attempt)
    assert.equal(end.kind, 'finished', 'no result is thrown away')
  if (end.kind !== 'finished') return
  assert.equal(newest?.attempt, claim.attempt, 'a superseded attempt ends nothing')
  if (before === undefined) tell(ledger, [end.task])
  else assert.deepEqual(end.task, before)
}

function tell(ledger: Ledger, tasks: readonly Task[]): void {
  for (const task of tasks) {
    assert.ok(isTerminal(task.state))
    ledger.told.set(task.id, [...(ledger.told.get(task.id) ?? []), task])
  }
}

async function check(world: World, ledger: Ledger): Promise<void> {
  for (const [id, gateway] of ledger.acknowledged) {
    const task = await world.store.tasks.get(gateway.account, id)
    assert.ok(task !== undefined, 'an acknowledged task is there')
    const final = ledger.final.get(id)
    if (final !== undefined) assert.deepEqual(task, final, 'terminal is final')
    else if (isTerminal(task.state)) ledger.final.set(id, task)
  }
}
