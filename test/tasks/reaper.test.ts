import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { startReaper } from '../../src/tasks/reaper.ts'
import { localBus } from '../../src/bus/local-bus.ts'
import { keepsAll } from '../fixtures/keeps-all.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { eventually } from '../fixtures/eventually.ts'
import { taskWorld } from './task-world.ts'

test('row 24: a purge that takes long keeps no deadline waiting', async () => {
  await using world = await taskWorld()
  await using bus = localBus()
  const clock = manualClock()
  const purge = Promise.withResolvers<number>()
  let looks = 0
  const tasks = { ...world.store.tasks, expire: () => Promise.resolve(looks++).then(() => []) }
  const store = { ...world.store, tasks, purge: () => purge.promise }
  const { dispatcher } = world
  const reaper = startReaper({ store, bus, dispatcher, retention: keepsAll, clock, log: silentLog() })
  clock.advance(61_000)
  await eventually('a look at the deadlines', () => looks > 0)
  for (let more = 0; more < 3; more++) {
    const before = looks
    // What the last round has still to do is done.
    await eventually('the next look', () => {
      clock.advance(1_000)
      return looks > before
    })
  }
  purge.resolve(0)
  await reaper[Symbol.asyncDispose]()
})
