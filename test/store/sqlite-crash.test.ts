import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { z } from 'zod'
import { silentLog } from '../../src/base/log.ts'
import { toTaskId } from '../../src/model/ids.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ACCOUNT } from './store-world.ts'

const line = z.object({ task: z.number(), state: z.enum(['Queued', 'Succeeded']) })

test('row 12: what was acknowledged before a kill -9 in the middle of writes is there afterwards', {
  timeout: 120_000,
}, async () => {
  await using place = await tempFolder('store')
  const child = new URL('crash-child.ts', import.meta.url).pathname
  const acknowledged = new Map<number, 'Queued' | 'Succeeded'>()
  for (let round = 0; round < 5; round++) {
    const killed = spawn(process.execPath, [child, place.path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let lines = 0
    for await (const text of createInterface({ input: killed.stdout })) {
      // The last line can be cut off by the kill.
      if (!text.endsWith('}')) continue
      const { task, state } = line.parse(JSON.parse(text))
      acknowledged.set(task, state)
      if (++lines === 300 + round * 70) killed.kill('SIGKILL')
    }
    if (killed.exitCode === null && killed.signalCode === null) await once(killed, 'exit')
    assert.equal(killed.signalCode, 'SIGKILL', 'it was killed while it worked')
    assert.ok(lines >= 300)

    // Opened at once: nobody has to wait for a lock of the dead.
    await using store = await openSqliteStore({ folder: place.path, clock: manualClock(), log: silentLog() })
    for (const [value, state] of acknowledged) {
      const id = toTaskId(value)
      assert.ok(id !== undefined)
      const task = await store.tasks.get(ACCOUNT, id)
      assert.ok(task !== undefined, `task ${value} was acknowledged and is gone`)
      if (state === 'Succeeded') {
        assert.equal(task.state, 'Succeeded')
        assert.equal((await store.tasks.parts(ACCOUNT, id))?.length, 2)
      }
    }
  }
})
