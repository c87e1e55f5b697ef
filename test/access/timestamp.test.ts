import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTimestamp, createTimestampReader, parseTimestamp } from '../../src/access/timestamp.ts'
import { SERVER_DEFAULTS } from '../../src/cli/server-configuration.ts'

const WINDOW_MS = SERVER_DEFAULTS.timestampWindowMinutes * 60_000
const NOW = Date.UTC(2026, 0, 1, 12)
const at = (offsetMs: number) => parseTimestamp(new Date(NOW + offsetMs).toISOString())

test('row 6: a timestamp is good within the window, either way, and not a second beyond', () => {
  assert.equal(WINDOW_MS, 15 * 60_000)
  for (const offset of [0, -WINDOW_MS, WINDOW_MS]) {
    assert.doesNotThrow(() => checkTimestamp(at(offset), NOW, WINDOW_MS))
  }
  for (const offset of [-WINDOW_MS - 1000, WINDOW_MS + 1000]) {
    assert.throws(() => checkTimestamp(at(offset), NOW, WINDOW_MS), {
      code: 'InvalidTimeStamp.Expired',
      message: /The time of the server is 2026-01-01T12:00:00\.000Z\./,
    })
  }
})

test('row 6: fractions of a second are accepted', () => {
  for (const text of ['2026-01-01T12:00:00Z', '2026-01-01T12:00:00.5Z', '2026-01-01T12:00:00.973123456Z']) {
    assert.equal(parseTimestamp(text), NOW)
  }
})

test('row 6: a text that is like the one before is read as that was, and any other anew', () => {
  const read = createTimestampReader()
  for (const second of ['00', '00', '01', '00'])
    assert.equal(read(`2026-01-01T12:00:${second}Z`), NOW + Number(second) * 1000)
  for (const text of ['', 'now', 'now']) assert.throws(() => read(text), { code: 'InvalidTimeStamp.Format' })
  assert.equal(read('2026-01-01T12:00:00Z'), NOW)
})

const MALFORMED = [
  '',
  'now',
  '2026-01-01',
  '2026-01-01T12:00:00',
  '2026-01-01T12:00:00+00:00',
  '2026-01-01 12:00:00Z',
  '2026-1-1T12:00:00Z',
  '2026-02-30T12:00:00Z',
  '2026-13-01T12:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T12:60:00Z',
  '2026-01-01T12:00:00.Z',
  ' 2026-01-01T12:00:00Z',
  '2026-01-01T12:00:00Z\n',
  '1767268800',
]
for (const text of MALFORMED) {
  test(`row 6: ${JSON.stringify(text)} is not well formatted`, () => {
    assert.throws(() => parseTimestamp(text), { code: 'InvalidTimeStamp.Format' })
  })
}
