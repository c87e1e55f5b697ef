import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findPlanted } from './find-planted.ts'
import { PLANTED_FAULTS } from './planted-faults.ts'
import { runSeed } from './run-seed.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** `npm run simulate` makes more of them, and each longer. */
const SEEDS = [3, 12, 15, 51]
const STEPS = 2_000
/** Noticed by the first seeds; `npm run simulate -- --planted` plants all. */
const QUICK = ['acknowledge-before-commit', 'read-across-accounts']

for (const seed of SEEDS) {
  test(`seed ${seed} of the simulation: nothing is lost, finished twice, late, or shown to others`, async () => {
    const report = await runSeed(seed, { steps: STEPS })
    assert.equal(report.failure, undefined, `npm run simulate -- --seed ${seed} --steps ${STEPS}`)
    assert.ok(report.steps >= STEPS)
  })
}

test('a seed of the simulation is the same each time, event by event; another is not', async () => {
  const [first, again, other] = [
    await runSeed(7, { steps: 1_000 }),
    await runSeed(7, { steps: 1_000 }),
    await runSeed(8, { steps: 1_000 }),
  ]
  assert.deepEqual(again, first)
  assert.notEqual(other.digest, first.digest)
})

for (const { name, edits } of PLANTED_FAULTS) {
  test(`the planted fault of the simulation still fits: ${name}`, () => {
    for (const { file, find } of edits) {
      assert.equal(readFileSync(join(ROOT, file), 'utf8').split(find).length - 1, 1, `${file} must have once: ${find}`)
    }
  })
}

test('the simulation notices planted faults and names the seed', async () => {
  for (const name of QUICK) {
    const fault = PLANTED_FAULTS.find((each) => each.name === name)
    assert.ok(fault !== undefined, name)
    const verdict = await findPlanted(fault, { seeds: 20 })
    assert.ok(verdict.found, verdict.text)
    assert.match(verdict.text, /^seed \d+: /)
  }
})
