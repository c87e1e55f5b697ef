import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import type { TaskId } from '../../src/model/ids.ts'
import { publicIds } from '../../src/store/public-id.ts'
import { sqliteTaskStore } from '../../src/store/sqlite/sqlite-task-store.ts'
import { type Statements, statementsOf } from '../../src/store/sqlite/statements.ts'
import { startWriter } from '../../src/store/sqlite/writer-client.ts'
import type { TaskStore } from '../../src/store/task-store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { openSqliteIn } from './sqlite-place.ts'
import { ACCOUNT, listing, storeWorld } from './store-world.ts'

const READS: Readonly<Record<string, (tasks: TaskStore, id: TaskId) => Promise<unknown>>> = {
  get: (tasks, id) => tasks.get(ACCOUNT, id),
  details: (tasks, id) => tasks.details(ACCOUNT, id),
  parts: (tasks, id) => tasks.parts(ACCOUNT, id),
  evidence: (tasks, id) => tasks.evidence(ACCOUNT, id, { from: 0, limit: 9 }),
  list: (tasks) => tasks.list(ACCOUNT, {}, { limit: 1 }),
}

test('row 14: a task that is removed between the statements that read it is read whole, not damaged, not empty', async () => {
  await using place = await tempFolder('store')
  const file = join(place.path, 'postern.db')
  const ids: TaskId[] = []
  {
    await using world = await storeWorld(openSqliteIn(place.path))
    const gateway = await world.gateway()
    const session = await world.session(gateway)
    for (const _ of Object.keys(READS)) {
      ids.push(await world.create(gateway))
      await world.store.tasks.finish(await world.claimOne(session), listing(gateway, ['crm', 'shop']))
      world.clock.advance(1)
    }
  }
  const log = silentLog()
  await using writer = await startWriter({ file, clock: manualClock(), log })
  using other = new DatabaseSync(file)
  using connection = new DatabaseSync(file, { readOnly: true })
  const reader = statementsOf(connection)
  const parts = { writer, ids: publicIds(writer.meta.idKey), log }
  const undisturbed = sqliteTaskStore({ ...parts, reader })
  for (const [name, read] of Object.entries(READS).toReversed()) {
    const id = ids.pop() ?? assert.fail()
    const task = parts.ids.taskNumber(id)
    /** Once it has found the task it is gone, for all others and all later reads. */
    const removes = <T>(row: T): T => {
      other.prepare('DELETE FROM tasks WHERE number = ?').run(task)
      return row
    }
    const disturbed: Statements = {
      ...reader,
      get: (...asked) => removes(reader.get(...asked)),
      all: (...asked) => removes(reader.all(...asked)),
    }
    const whole = await read(undisturbed, id)
    assert.ok(whole !== undefined)
    assert.deepEqual(await read(sqliteTaskStore({ ...parts, reader: disturbed }), id), whole, name)
    assert.notDeepEqual(await read(undisturbed, id), whole, `${name}: it was removed`)
  }
})
