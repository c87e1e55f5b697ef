import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { silentLog } from '../../src/base/log.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { loadStatements } from '../../src/store/sqlite/statements.ts'
import type { TaskPosition } from '../../src/store/task-store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ACCOUNT, storeWorld } from './store-world.ts'
import { openSqlite } from './sqlite-place.ts'

const LISTS = {
  list_bound_of_account: 'tasks_listed',
  list_bound_of_gateway: 'tasks_listed_gateway',
  list_of_account: 'tasks_listed',
  list_of_gateway: 'tasks_listed_gateway',
} as const

test('the list of tasks is read from an index: nothing is scanned whole and nothing is sorted', async () => {
  await using place = await tempFolder('store')
  const clock = manualClock()
  const store = await openSqliteStore({ folder: place.path, clock, log: silentLog() })
  await store[Symbol.asyncDispose]()
  using db = new DatabaseSync(join(place.path, 'postern.db'))
  const statements = loadStatements()
  for (const [name, index] of Object.entries(LISTS)) {
    const sql = [...statements].find(([each]) => each === name)?.[1] ?? ''
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
    const steps = plan.map(({ detail }) => String(detail))
    assert.match(steps[0] ?? '', new RegExp(`^SEARCH (t|tasks) USING (COVERING )?INDEX ${index} \\(.*created_at`), name)
    for (const step of steps) {
      assert.ok(!/TEMP B-TREE/.test(step), `${name} sorts: ${step}`)
      assert.ok(!/^SCAN (?!json_each)/.test(step), `${name} scans: ${step}`)
    }
  }
})

test('a page looks at a bounded number of tasks, and the pages together find the one among many', async () => {
  await using world = await storeWorld(openSqlite)
  const gateway = await world.gateway()
  const rare = await world.create(gateway, { engine: 'Redis' })
  for (let i = 0; i < 24; i++) {
    await Promise.all(Array.from({ length: 500 }, () => world.create(gateway)))
  }
  for (const more of [{}, { gateway: gateway.id }]) {
    const filter = { engine: 'Redis', ...more } as const
    const sizes: number[] = []
    let after: TaskPosition | undefined
    do {
      const page = await world.store.tasks.list(ACCOUNT, filter, { limit: 10, ...(after && { after }) })
      sizes.push(page.tasks.length)
      if (page.tasks.length > 0) assert.equal(page.tasks[0]?.id, rare)
      after = page.next
    } while (after !== undefined && sizes.length < 10)
    assert.deepEqual(sizes, [0, 0, 1], '5,000 a page, 12,001 in all')
  }
})
