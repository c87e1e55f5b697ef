import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { z } from 'zod'
import { BENCHMARKS } from '../../bench/benchmarks.ts'
import { judge } from '../../bench/judge.ts'
import { median } from '../../bench/median.ts'
import { formatReport, reportOf } from '../../bench/report.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const numbers = z.array(z.number().nonnegative()).length(1)
const output = z.object({
  machine: z.object({ node: z.string(), processors: z.number() }),
  benchmarks: z.array(
    z.object({
      name: z.string(),
      figures: z.array(z.object({ name: z.string(), ours: numbers, peer: z.object({ values: numbers }).optional() })),
      missing: z.array(z.string()),
    }),
  ),
})

/** Only whether each of them works on both sides; how fast is for `npm run bench` to say. */
test('a quick run has the figures of both sides', { timeout: 120_000 }, async () => {
  const child = spawn(process.execPath, ['bench/main.ts', '--quick', '--json'], { cwd: ROOT })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  assert.equal(child.exitCode ?? 0, 0, stderr)
  const { benchmarks } = output.parse(JSON.parse(stdout || stderr))
  assert.deepEqual(
    benchmarks.map(({ name }) => name),
    Object.keys(BENCHMARKS).filter((name) => BENCHMARKS[name]?.inQuick === true),
  )
  for (const { name, figures, missing } of benchmarks) {
    assert.ok(figures.length + missing.length > 0, name)
    for (const { name: figure, ours } of figures) assert.ok((ours[0] ?? 0) > 0, `${name}: ${figure}`)
  }
})

test('the median of an odd and of an even number of values', () => {
  assert.equal(median([9, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 9]), 3)
})

test('a figure is held against its target', () => {
  const figure = { name: 'speed', unit: '/s', ours: [10, 30, 20], peer: { name: 'peer', values: [10, 10, 10] } }
  const { ratio, ratioSpread, difference } = judge(figure)
  assert.deepEqual({ ratio, ratioSpread, difference }, { ratio: 2, ratioSpread: [1, 3], difference: 10 })
  assert.equal(judge(figure).reached, undefined)
  assert.equal(judge({ ...figure, target: { of: 'ratio', atLeast: 2 } }).reached, true)
  assert.equal(judge({ ...figure, target: { of: 'ratio', atMost: 1.9 } }).reached, false)
  assert.equal(judge({ ...figure, target: { of: 'difference', atMost: 10 } }).reached, true)
  assert.equal(judge({ ...figure, target: { of: 'ours', atLeast: 21 } }).reached, false)
  assert.equal(judge({ ...figure, ours: [Number.NaN], target: { of: 'ours', atMost: 1 } }).reached, false, 'no number')
})

test('what could not be measured was not reached, but by a quick run', () => {
  const of = { name: 'speed', mustReach: 'as fast as light', quick: false }
  const nothing = { figures: [], processes: [], notes: [], missing: [] }
  const fast = { name: 'speed', unit: '/s', ours: [3], target: { of: 'ours', atLeast: 2 } } as const
  assert.equal(reportOf(nothing, of).reached, undefined)
  assert.equal(reportOf({ ...nothing, figures: [fast] }, of).reached, true)
  const without = { ...nothing, figures: [fast], missing: ['Redis is not on this machine'] }
  assert.equal(reportOf(without, of).reached, false)
  assert.equal(reportOf({ ...without, figures: [] }, of).reached, false)
  assert.equal(reportOf(without, { ...of, quick: true }).reached, undefined)
  assert.match(formatReport(reportOf(without, of)), /Not measured, so not reached: Redis is not on this machine/)
})
