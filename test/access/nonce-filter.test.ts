import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createNonceFilter } from '../../src/access/nonce-filter.ts'
import { manualClock } from '../fixtures/manual-clock.ts'

const KEEP_MS = 30 * 60_000
const NAMES = 100_000
const names = (prefix: string) => Array.from({ length: NAMES }, (_, i) => `PSTNabcdefghij ${prefix}${i}`)

test('row 7: what was added is known for as long as it counts, whatever is added meanwhile', () => {
  const clock = manualClock()
  const filter = createNonceFilter({ clock, keepMs: KEEP_MS })
  const early = names('early')
  for (const name of early) filter.add(name)
  // The end of the generation: what comes now must outlive the next turn-over.
  clock.advance(KEEP_MS - 1)
  const late = names('late')
  for (const name of late) filter.add(name)
  assert.ok(early.every((name) => filter.add(name)))
  clock.advance(KEEP_MS - 1)
  for (const name of names('later')) filter.add(name)
  assert.ok(late.every((name) => filter.add(name)))
})

test('few that are new are taken for known, and nothing is kept forever', () => {
  const clock = manualClock()
  const filter = createNonceFilter({ clock, keepMs: KEEP_MS })
  const wrong = Array.from({ length: NAMES }, () => filter.add(`PSTNabcdefghij ${randomUUID()}`)).filter(Boolean)
  assert.ok(wrong.length <= 5, `${wrong.length} of ${NAMES}`)

  const old = names('old')
  for (const name of old) filter.add(name)
  clock.advance(2 * KEEP_MS)
  const known = old.filter((name) => filter.add(name))
  assert.ok(known.length <= 5, `${known.length} of ${NAMES}`)
})
