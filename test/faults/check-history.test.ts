import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHistory, RULES, type Rule } from './check-history.ts'
import type { Does, FaultEvent, HistoryEvent, Says } from './history.ts'

const made = (token: string): Does => ({
  action: 'create',
  token,
  gateway: 'g1',
  endpoint: 'db',
  deliveryMs: 1_000,
  executionMs: 1_000,
})

/** A history that is written down by hand: each call takes 10 ms and begins when the one before has ended. */
function story() {
  const events: HistoryEvent[] = []
  let now = 0
  let call = 0
  const told = {
    events,
    at: (ms: number) => {
      now = ms
      return told
    },
    call(account: string, does: Does, says: Says | undefined) {
      events.push({ kind: 'invoke', at: now, call, account, does })
      now += 10
      if (says === undefined) events.push({ kind: 'timeout', at: now, call, why: 'too slow' })
      else events.push({ kind: 'answer', at: now, call, says })
      call++
      return told
    },
    create: (account: string, token: string, task: number | undefined) =>
      told.call(account, made(token), task === undefined ? undefined : { is: 'created', task }),
    read: (account: string, task: number, says: Says) => told.call(account, { action: 'read', task }, says),
    cancel: (account: string, task: number, says: Says | undefined) =>
      told.call(account, { action: 'cancel', task }, says),
    list: (account: string, tasks: number[]) => told.call(account, { action: 'list' }, { is: 'listed', tasks }),
    truth(names: string[]) {
      events.push({ kind: 'truth', from: now, to: now + 5, endpoint: 'db', names })
      now += 10
      return told
    },
    fault(more: Partial<FaultEvent>) {
      events.push({ kind: 'fault', name: 'cut', from: now, to: now + 10, explains: [], tailMs: 0, ...more })
      return told
    },
  }
  return told
}

const OPEN: Says = { is: 'open' }
const LISTED: Says = { is: 'ended', names: ['crm'] }
const failed = (code: string): Says => ({ is: 'ended', code })

/** One account's task that was listed, another's that was cancelled, one that met a fault, and a lost answer. */
const honest = () =>
  story()
    .truth(['crm'])
    .create('a', 't1', undefined)
    .create('a', 't1', 1)
    .read('a', 1, OPEN)
    .read('a', 1, LISTED)
    .read('a', 1, LISTED)
    .read('b', 1, { is: 'not found' })
    .create('b', 't1', 2)
    .cancel('b', 2, undefined)
    .cancel('b', 2, failed('Task.Cancelled'))
    .read('b', 2, failed('Task.Cancelled'))
    .fault({ explains: ['Endpoint.ConnectionReset', 'ServiceUnavailable'], endpoint: 'db', to: 400 })
    .create('a', 't3', 3)
    .read('a', 3, failed('Endpoint.ConnectionReset'))
    .call('a', { action: 'list' }, { is: 'refused', code: 'ServiceUnavailable' })
    .read('a', 99, { is: 'not found' })

const finish = (told: ReturnType<typeof story>) => told.at(60_000).list('a', [3, 1]).list('b', [2])

test('row 12: a history that keeps the promise is found to keep it', () => {
  assert.deepEqual(checkHistory(finish(honest()).events), [])
})

const late = (fault: Partial<FaultEvent>, at: number) =>
  checkHistory(
    story().truth(['crm']).at(0).create('a', 't1', 1).fault(fault).at(at).read('a', 1, OPEN).read('a', 1, LISTED)
      .events,
  ).map(({ rule }) => rule)

test('row 12: what moves a deadline is not held against the server, and no more than that', () => {
  const bound = 10 + 2_000 + 5_000
  const rule = 'an acknowledged task ends by its deadline'
  assert.deepEqual(late({}, bound), [])
  assert.deepEqual(late({}, bound + 1), [rule])
  assert.deepEqual(late({ to: 9_000, deadlines: 'pause' }, 14_000), [])
  assert.deepEqual(late({ to: 9_000, deadlines: 'pause' }, 14_001), [rule])
  // A restart gives 30 s, and then there is the whole execution.
  assert.deepEqual(late({ to: 500, deadlines: 'restart' }, 36_500), [])
  assert.deepEqual(late({ to: 500, deadlines: 'restart' }, 36_501), [rule])
})

/** For each rule the honest history with one lie in it. */
const LIES: Readonly<Record<Rule, readonly ReturnType<typeof story>[]>> = {
  'an acknowledged task is found until the end': [
    finish(honest().read('a', 1, { is: 'not found' })),
    honest().at(60_000).list('a', [3]).list('b', [2]),
  ],
  'an acknowledged task ends by its deadline': [
    finish(honest().create('a', 't4', 4).at(50_000).read('a', 4, OPEN).read('a', 4, LISTED)).list('a', [4, 3, 1]),
    finish(honest().create('a', 't4', 4)),
  ],
  'an ended task never changes': [
    finish(honest().read('a', 1, OPEN)),
    finish(honest().read('a', 1, failed('Endpoint.ConnectionReset'))),
    finish(honest().read('a', 1, { is: 'ended', names: ['crm', 'shop'] })),
  ],
  'a list was true at some time in the life of its task': [
    // Too late for a list of before, too early for one of after.
    finish(honest().truth(['shop']).at(10_000).create('a', 't4', 4).read('a', 4, LISTED)),
    finish(
      honest()
        .create('a', 't4', 4)
        .read('a', 4, { is: 'ended', names: ['shop'] })
        .at(5_000)
        .truth(['shop']),
    ),
  ],
  'one token makes one task': [finish(honest().create('a', 't1', 4))],
  'two tokens make two tasks': [finish(honest().create('a', 't4', 1))],
  'no account sees the tasks of another': [finish(honest().read('b', 1, LISTED)), finish(honest()).list('b', [2, 1])],
  'a cancelled task does not succeed': [
    finish(honest().create('a', 't4', 4).cancel('a', 4, failed('Task.Cancelled')).read('a', 4, LISTED)),
  ],
  'nothing is there that was never created': [
    finish(honest().read('a', 99, LISTED)),
    finish(honest()).list('a', [99, 3, 1]),
  ],
  'a task fails only with what a fault explains': [
    finish(honest().create('a', 't4', 4).read('a', 4, failed('BackupGateway.Offline'))),
    finish(honest().create('a', 't4', 4).read('a', 4, failed('Task.Cancelled'))),
    // The fault that explains it was over, or was somewhere else.
    finish(honest().at(9_000).create('a', 't4', 4).read('a', 4, failed('Endpoint.ConnectionReset'))),
    finish(
      honest()
        .fault({ explains: ['BackupGateway.Offline'], gateway: 'g2' })
        .create('a', 't4', 4)
        .read('a', 4, failed('BackupGateway.Offline')),
    ),
  ],
  'a call is refused only with what a fault explains': [
    finish(honest().call('a', { action: 'list' }, { is: 'refused', code: 'InternalError' })),
    finish(honest().at(9_000).read('a', 1, { is: 'refused', code: 'ServiceUnavailable' })),
  ],
}

for (const rule of RULES) {
  test(`row 12: the checker finds a history in which it is not so that ${rule}`, () => {
    assert.ok(LIES[rule].length > 0)
    for (const [index, lie] of LIES[rule].entries()) {
      const found = checkHistory(lie.events)
      assert.ok(
        found.some((violation) => violation.rule === rule),
        `lie ${index}: ${JSON.stringify(found)}`,
      )
    }
  })
}
