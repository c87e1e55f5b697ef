import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { silentLog } from '../../src/base/log.ts'
import { createTaskStatistics } from '../../src/tasks/task-statistics.ts'
import { eventually } from '../fixtures/eventually.ts'
import { openSqlite } from '../store/sqlite-place.ts'
import { ACCOUNT, failure, listing, storeWorld } from '../store/store-world.ts'

const MINUTE_MS = 60_000

test('the newest minutes are in the first answer, however slow the store is, the others are counted behind it, once', async () => {
  await using world = await storeWorld(openSqlite)
  const { clock, store } = world
  const gateway = await world.gateway()
  const session = await world.session(gateway)
  for (let minute = 0; minute < 90; minute++) {
    await world.create(gateway)
    const claim = await world.claimOne(session)
    clock.advance(20)
    await store.tasks.finish(claim, minute % 3 === 0 ? failure(gateway, `Code.${minute}`) : listing(gateway))
    clock.advance(MINUTE_MS - 20)
  }
  let asked = 0
  const slow = {
    openOf: (...of: Parameters<typeof store.tasks.openOf>) => store.tasks.openOf(...of),
    async endings(...range: Parameters<typeof store.tasks.endings>) {
      asked++
      await setTimeout(5)
      return store.tasks.endings(...range)
    },
  }
  await using statistics = createTaskStatistics({ store: slow, clock, log: silentLog() })
  const began = performance.now()
  const first = await statistics.of(ACCOUNT, 90)
  assert.ok(performance.now() - began < 2_000)
  assert.equal(first.minutes.length, 90)
  const newest = first.minutes.at(-2)
  assert.deepEqual(
    [newest?.isWhole, newest?.ended.Succeeded, newest?.latency],
    [false, 1, { p50: 20, p90: 20, p99: 20 }],
  )
  assert.deepEqual([first.minutes[0]?.isWhole, first.minutes[0]?.ended.Succeeded], [false, 0])
  // Two that ask at once count nothing twice either.
  await Promise.all([statistics.of(ACCOUNT, 90), statistics.of(ACCOUNT, 60)])
  await eventually('all is counted', async () => {
    clock.advance(50)
    const { minutes } = await statistics.of(ACCOUNT, 90)
    return minutes.slice(0, -2).every(({ isWhole }) => isWhole)
  })
  // The first of the 91 minutes is older than what was asked for.
  const { minutes } = await statistics.of(ACCOUNT, 90)
  const shown = minutes
    .slice(0, -1)
    .map(({ ended, failures }) => `${ended.Succeeded} ${ended.Failed} ${[...failures].join()}`)
  const expected = Array.from({ length: 89 }, (_, index) => index + 1)
  assert.deepEqual(
    shown,
    expected.map((minute) => (minute % 3 === 0 ? `0 1 Code.${minute},1` : '1 0 ')),
  )
  const before = asked
  await statistics.of(ACCOUNT, 90)
  assert.ok(asked - before <= 4, 'only what is new is read')
})
