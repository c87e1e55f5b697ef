import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type AttemptId, rootOf, type TaskId } from '../../src/model/ids.ts'
import { isTerminal, MAX_ATTEMPTS } from '../../src/model/task.ts'
import type { Claim, ClaimKey, SessionEpoch, Task } from '../../src/store/task-store.ts'
import {
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
const operation = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('create' as const), gateway: small, host: small, token: small }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('open' as const), gateway: small }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), gateway: small }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), gateway: small, total: small, each: small }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('accepted' as const), attempt: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('finish' as const), attempt: fc.nat(), other: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), task: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('adopt' as const), gateway: small, holding: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom<number[]>(10, 8_000, 16_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
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

export function lifeSuite(open: OpenStore): void {
  test('rows 12, 21: whatever happens, an acknowledged task is there, ends, and ends once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 60 }), async (operations) => {
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
      { numRuns: 25, interruptAfterTimeLimit: 60_000 },
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
      const wanted = newTask(gateway, { host: `h${one.host % 3}`, deliveryMs: 30_000, executionMs: 40_000 })
      const tokened = one.token < 4 ? { ...wanted, token: token(`t${one.token}`, clock, wanted.host) } : wanted
      const created = await store.tasks.create(tokened, undefined)
      if (created.kind === 'new') ledger.acknowledged.set(created.task, gateway)
      if (created.kind === 'same token') assert.ok(ledger.acknowledged.has(created.task))
      return
    }
    case 'open': {
      const index = one.gateway % 2
      const gateway = ledger.gateways[index]
      if (gateway !== undefined) sessions[index] = await world.session(gateway)
      return
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
      const cancelled = await store.tasks.cancel(gateway.account, id, rootOf(gateway.account))
      if (cancelled?.task.state === 'Cancelled' && !ledger.final.has(id)) tell(ledger, [cancelled.task])
      return
    }
    case 'adopt': {
      const session = sessions[one.gateway % 2]
      if (session === undefined) return
      const held = attempts.filter(
        (claim, i) => claim.gateway === session.gateway && (one.holding >> (i % 30)) % 2 === 1,
      )
      const adopted = await store.tasks.adopt(
        session,
        held.map(({ attempt }): AttemptId => attempt),
      )
      tell(ledger, adopted.ended)
      return
    }
    case 'pass': {
      clock.advance(one.ms)
      for (let i = 0; i < 3; i++) tell(ledger, await store.tasks.expire(clock.now()))
      return
    }
    case 'restart':
      return world.reopen()
  }
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
