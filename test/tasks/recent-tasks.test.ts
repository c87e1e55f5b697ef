import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootOf, toAccountId, toRequestId, toTaskId } from '../../src/model/ids.ts'
import type { Task } from '../../src/store/task-store.ts'
import { createRecentTasks } from '../../src/tasks/recent-tasks.ts'
import { keepsAll } from '../fixtures/keeps-all.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { gatewayId } from '../link/link-host.ts'
import { ACCOUNT } from './task-world.ts'

const OTHER = toAccountId('200000000000002')
const KEPT_MS = 10_000
const KIB = 1024

const ended = (number = 0): Task => ({
  id: toTaskId(100_000_000_000_007 + number) ?? assert.fail(),
  account: ACCOUNT,
  gateway: gatewayId(),
  region: 'default',
  engine: 'MySQL',
  state: 'Failed',
  createdAt: 0,
  createdBy: rootOf(ACCOUNT),
  request: toRequestId('3F1B5A64-4F6E-4C53-9A1B-1D2C3B4A5F60'),
  deliveryDeadline: 0,
  executionMs: 1,
  attempts: 1,
})

test('what has ended is remembered no longer than it is kept', () => {
  const clock = manualClock()
  const recent = createRecentTasks(clock, () => ({ taskMs: 3_000 }))
  const task = { ...ended(), endedAt: clock.now() }
  recent.remember(task, [])
  clock.advance(2_999)
  assert.equal(recent.get(ACCOUNT, task.id)?.task, task)
  clock.advance(1)
  assert.equal(recent.get(ACCOUNT, task.id), undefined, 'it may be purged from here on')
})

test('what has ended is remembered for its account, for ten seconds', () => {
  const clock = manualClock()
  const recent = createRecentTasks(clock, keepsAll)
  const task = ended()
  recent.remember({ ...task, state: 'Running' }, [])
  assert.equal(recent.get(ACCOUNT, task.id), undefined, 'what has not ended may change')
  const parts = [Buffer.from('{}\n')]
  recent.remember(task, parts)
  assert.deepEqual(recent.get(ACCOUNT, task.id), { ...recent.get(ACCOUNT, task.id), task, parts })
  assert.equal(recent.get(OTHER, task.id), undefined)
  clock.advance(KEPT_MS)
  assert.equal(recent.get(ACCOUNT, task.id), undefined)
})

test('long lists are not kept, and of all others together 16 MiB', () => {
  const recent = createRecentTasks(manualClock(), keepsAll)
  recent.remember(ended(), [Buffer.alloc(256 * KIB + 1)])
  assert.equal(recent.get(ACCOUNT, ended().id), undefined)
  const tasks = Array.from({ length: 65 }, (_, number) => ended(number))
  for (const task of tasks) recent.remember(task, [Buffer.alloc(256 * KIB)])
  const kept = tasks.filter(({ id }) => recent.get(ACCOUNT, id) !== undefined)
  assert.deepEqual(kept, tasks.slice(1), 'the oldest made room')
})
