import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { ENGINE_PORTS } from '../../console/src/api/engines.ts'
import { DEFAULT_PORTS } from '../../src/model/database-type.ts'

const TEXTS = new URL('../../console/src/texts/', import.meta.url).pathname
/** `1 rows`, but not `1 ms` or `Gateway 1 is online`. */
const WRONG = /\b1 (?!(ms|is|means|decides)\b)[a-z]+s\b/

/** Every text of one, and every text of one of two. */
function said(texts: unknown): readonly string[] {
  if (typeof texts === 'string') return [texts]
  if (typeof texts === 'object' && texts !== null) return Object.values(texts).flatMap(said)
  if (typeof texts !== 'function') return []
  return [
    [1, 1, 1],
    [1, 2, 3],
  ].flatMap((numbers) => {
    try {
      return said(Reflect.apply(texts, undefined, numbers))
    } catch {
      // It is of something else than numbers.
      return []
    }
  })
}

test('no English text counts one of something as several', async () => {
  const all: string[] = []
  for (const file of globSync('*.en.ts', { cwd: TEXTS })) all.push(...said(await import(`${TEXTS}${file}`)))
  assert.ok(all.includes('1 row') && all.includes('1 of 2 rows'), 'texts that count are among them')
  assert.deepEqual(
    all.filter((text) => WRONG.test(text)),
    [],
  )
})

test('the engines that pages offer are those of the server, with its ports', () => {
  assert.deepEqual(ENGINE_PORTS, DEFAULT_PORTS)
})
