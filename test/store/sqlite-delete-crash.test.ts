import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { z } from 'zod'
import { silentLog } from '../../src/base/log.ts'
import { localBus } from '../../src/bus/local-bus.ts'
import { toTaskId } from '../../src/model/ids.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { createDispatcher } from '../../src/tasks/dispatcher.ts'
import { startReaper } from '../../src/tasks/reaper.ts'
import { keepsAll } from '../fixtures/keeps-all.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ACCOUNT } from './store-world.ts'
import { createRecentTasks } from '../../src/tasks/recent-tasks.ts'

test('a kill -9 between the deletion of a gateway and the end of its tasks leaves none of them open', {
  timeout: 60_000,
}, async () => {
  await using place = await tempFolder('store')
  const path = new URL('delete-crash-child.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [path, place.path], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL', err)
  assert.equal(err, '500', 'it died in the middle')
  const ids = z.array(z.number()).parse(JSON.parse(out))
  assert.equal(ids.length, 1_200)

  const clock = manualClock()
  const log = silentLog()
  await using store = await openSqliteStore({ folder: place.path, clock, log })
  await using bus = localBus()
  await using dispatcher = await createDispatcher({
    store,
    bus,
    recent: createRecentTasks(clock, keepsAll),
    clock,
    log,
  })
  await using reaper = startReaper({ store, bus, dispatcher, retention: keepsAll, clock, log })
  await reaper.tick()
  for (const value of ids) {
    const id = toTaskId(value)
    assert.ok(id !== undefined)
    const task = await store.tasks.get(ACCOUNT, id)
    assert.equal(task?.failure?.code, 'BackupGateway.Deleted')
  }
})
