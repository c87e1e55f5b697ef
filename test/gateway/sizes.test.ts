import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EngineSession } from '../../src/engines/engine.ts'
import { systemClock } from '../../src/base/clock.ts'
import { withSizes } from '../../src/gateway/sizes.ts'
import { PosternError } from '../../src/model/errors.ts'
import type { DatabaseRecord } from '../../src/model/listing.ts'

const record = (name: string, over: Partial<DatabaseRecord> = {}): DatabaseRecord => ({
  name,
  kind: 'database',
  system: false,
  ...over,
})
const LISTING = {
  databases: [record('a'), record('b'), record('\ufffd', { nameBase64: '/w==' }), record('sys', { system: true })],
  visibility: 'complete',
  warnings: [{ code: 'Before', message: 'm' }],
} as const

function run(measure: EngineSession['measure'], over: { budgetMs?: number; leftMs?: number } = {}) {
  const clock = systemClock()
  const session: EngineSession = {
    serverInfo: () => Promise.reject(new Error('not asked')),
    listDatabases: () => Promise.reject(new Error('not asked')),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...(measure !== undefined && { measure }),
  }
  const { budgetMs = 200, leftMs = 4_000 } = over
  return withSizes(session, LISTING, {
    clock,
    budgetMs,
    endsAt: clock.now() + leftMs,
    signal: new AbortController().signal,
  })
}

test('sizes by exact name; system databases without one are no reason for a warning', async () => {
  const { databases, warnings } = await run(async (_ms, take) => {
    take({ name: 'a', bytes: 1 })
    take({ name: 'b', bytes: 0 })
    take({ name: '\ufffd', nameBase64: '/w==', bytes: 3 })
    take({ name: '\ufffd', bytes: 4 })
    return { reason: 'none' }
  })
  assert.deepEqual(
    [...databases].map(({ sizeBytes }) => sizeBytes),
    [1, 0, 3, undefined],
  )
  assert.deepEqual(warnings, LISTING.warnings)
})

for (const [what, measure, reason] of [
  ['that never ends', () => new Promise<never>(() => {}), /did not tell them within 200 ms/],
  ['that runs out of time', () => Promise.reject(new PosternError('Task.ExecutionTimedOut')), /within 200 ms/],
  [
    'that the server refuses',
    () => Promise.reject(new PosternError('Database.PrivilegeMissing', { reason: 'No.' })),
    /No\./,
  ],
  ['that is a fault of ours', () => Promise.reject(new TypeError('x is undefined')), /could not read/],
  ['that there is none of', undefined, /does not tell/],
] as const) {
  test(`row 17: the list arrives with what was told and a warning after a measuring ${what}`, async () => {
    const { databases, visibility, warnings } = await run(
      measure &&
        ((_ms, take) => {
          take({ name: 'a', bytes: 1 })
          take({ name: 'b', bytes: Number.NaN })
          return measure()
        }),
    )
    assert.equal(databases.length, 4)
    assert.equal([...databases][0]?.sizeBytes, measure && 1)
    assert.equal([...databases][1]?.sizeBytes, undefined)
    assert.equal(visibility, 'complete')
    assert.equal(warnings[1]?.code, 'Sizes.NotKnown')
    assert.match(warnings[1].message, measure ? /^The sizes of 2 of 3 / : /^The sizes of 3 of 3 /)
    assert.match(warnings[1].message, reason)
  })
}

test('a task whose time is nearly over is not measured for', async () => {
  const { warnings } = await run(() => assert.fail('it was asked'), { leftMs: 1_500 })
  assert.match(warnings[1]?.message ?? '', /nearly over/)
})
