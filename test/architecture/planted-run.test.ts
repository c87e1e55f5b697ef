import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..', '..')
/** Those whose tests take least; `npm run test:planted` makes all. */
const QUICK_ROWS = ['1', '2', '9', '30']

test('planted breaks are caught', () => {
  // A run inside a run would report to the outer one.
  const env = { ...process.env }
  delete env['NODE_TEST_CONTEXT']
  const run = spawnSync(process.execPath, ['scripts/test/planted.ts', ...QUICK_ROWS], {
    cwd: root,
    env,
    encoding: 'utf8',
    timeout: 120_000,
  })
  assert.equal(run.status, 0, run.stdout + run.stderr)
  assert.match(run.stdout, /^4 passed, 0 failed, 0 skipped$/m)
})
