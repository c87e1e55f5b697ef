import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { PLANTS } from '../planted.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const ROWS = Array.from({ length: 36 }, (_, i) => i + 1)

test('every rule of the contract has a planted break', () => {
  const planted = new Set(PLANTS.flatMap((plant) => ('row' in plant ? [plant.row] : [])))
  assert.deepEqual(
    ROWS.filter((row) => !planted.has(row)),
    [],
  )
})

for (const plant of PLANTS) {
  const { breaks, file, find, caughtBy } = plant
  const rule = 'row' in plant ? `rule ${plant.row}` : `the ${plant.part}`
  test(`the planted break of ${rule} still fits: ${breaks}`, () => {
    assert.equal(read(file).split(find).length - 1, 1, `${file} must have this once:\n${find}`)
    assert.ok(read(caughtBy).length > 0, caughtBy)
  })
}
