import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { MAX_WAITING_TASKS } from '../../src/model/task.ts'
import { STORE_FILE } from '../../src/store/sqlite/store-file.ts'
import { taskWorld } from './task-world.ts'

test('row 36: a gateway for which very many tasks wait gets no more until one has ended', async () => {
  await using world = await taskWorld()
  await world.create()
  // The rest as copies of the first.
  const db = new DatabaseSync(join(world.folder, STORE_FILE))
  db.exec(`WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${MAX_WAITING_TASKS})
    INSERT INTO tasks (account, gateway, region, engine, host, port, created_at, created_by, request, delivery_deadline, execution_ms)
    SELECT account, gateway, region, engine, host, port, created_at, created_by, request, delivery_deadline + 600000, execution_ms
    FROM n, tasks WHERE number = 1`)
  await assert.rejects(world.create(), { code: 'Throttling', retryAfterMs: 5_000, message: /20000 tasks wait/ })
  db.exec('DELETE FROM tasks WHERE number = 2')
  db.close()
  await world.create()
  await assert.rejects(world.create(), { code: 'Throttling' })
})
