import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatReport, formatSummary, type Report } from '../../scripts/test/report.ts'
import { runTestFile } from '../../scripts/test/test-file.ts'

/** The runner is what every other check stands on, so it is shown on planted test files what it makes of each. */
async function run(source: string, deadlineMs = 20_000): Promise<Report> {
  const root = await mkdtemp(join(tmpdir(), 'planted-'))
  const folder = join(root, 'run')
  await mkdir(folder)
  await writeFile(join(root, 'planted.test.mjs'), `import { test, describe, before } from 'node:test'\n${source}`)
  const signal = new AbortController().signal
  try {
    const report = await runTestFile({ root, folder, cache: root, deadlineMs, signal }, 'planted.test.mjs', 3)
    assert.equal(existsSync(join(folder, '3')), false, 'the runner takes the temporary folder away')
    return report
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** A killed process that nobody has reaped yet still has its number, but no command line any more. */
async function isEnded(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (commandLine === '') return true
    await sleep(20)
  }
  return false
}

function failuresOf(report: Report): string {
  return report.failures.map(({ title, text }) => `${title}: ${text}`).join('\n')
}

test('counts tests, not the suites around them', async () => {
  const report = await run(`describe('a', () => { test('b', () => {}); test('c', () => {}) })`)
  assert.equal(report.passed, 2)
  assert.deepEqual(report.failures, [])
})

test('a failure is told with its whole title, its message and its place', async () => {
  const report = await run(`describe('outer', () => { test('inner', () => { throw new Error('broken here') }) })`)
  assert.equal(report.failures.length, 1)
  assert.match(failuresOf(report), /^outer › inner: Error: broken here[^]*planted\.test\.mjs:2/)
  assert.match(formatReport(report), /1 FAILED[^]*✖ outer › inner[^]*broken here/)
  assert.match(formatSummary([report]), /Failed:\n  planted\.test\.mjs: outer › inner\n    Error: broken here\n/)
})

test('a failing hook of a suite is a failure', async () => {
  const report = await run(
    `describe('s', () => { before(() => { throw new Error('no server') }); test('t', () => {}) })`,
  )
  assert.match(failuresOf(report), /no server/)
})

test('skips are named with their reason', async () => {
  const report = await run(
    `test('a', { skip: 'no MariaDB here' }, () => {}); test('b', () => {}); test('c', { todo: true }, () => {})`,
  )
  assert.deepEqual(report.skips, [
    { title: 'a', reason: 'no MariaDB here' },
    { title: 'c', reason: 'todo' },
  ])
  assert.match(formatSummary([report]), /planted\.test\.mjs: a \(no MariaDB here\)[^]*\n1 passed, 0 failed, 2 skipped$/)
})

test('a file without a test, one that cannot be read and one that crashes fail', async () => {
  assert.match(failuresOf(await run('')), /has tests: no test was run/)
  assert.match(failuresOf(await run('const x =')), /runs to its end: ended with 1/)
  assert.match(failuresOf(await run(`test('a', () => {}); process.on('exit', () => process.exit(3))`)), /ended with 3/)
})

test('a file that hangs is ended and says what was running', async () => {
  const hanging = await run(
    `test('quick', () => {}); test('slow', () => new Promise(() => { setInterval(() => {}, 1000) }))`,
    1_500,
  )
  assert.match(failuresOf(hanging), /ends in time: not at its end after 1\.5 s; running: slow/)
  const held = await run(`test('quick', () => {}); setInterval(() => {}, 1000)`, 1_500)
  assert.match(failuresOf(held), /every test had ended, but something .* keeps the process alive/)
})

test('a process that is left running is found, told and ended', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async () => {
  const report = await run(
    `import { spawn } from 'node:child_process'
     test('a', () => { spawn('sleep', ['300'], { detached: true, stdio: 'ignore' }).unref() })`,
  )
  assert.match(failuresOf(report), /leaves no process: left running: \d+ sleep 300/)
  const pid = Number(/left running: (\d+)/.exec(failuresOf(report))?.[1])
  assert.equal(await isEnded(pid), true)
})

test('a process without the mark in its environment is found by its folder', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async () => {
  const report = await run(
    `import { spawn } from 'node:child_process'
     import { tmpdir } from 'node:os'
     const script = 'setInterval(() => {}, 1000)'
     test('a', () => { spawn(process.execPath, ['-e', script, tmpdir() + '/data'], { detached: true, stdio: 'ignore', env: {} }).unref() })`,
  )
  assert.match(failuresOf(report), /leaves no process/)
})

test('a file that is left in the temporary folder is a failure', async () => {
  const report = await run(
    `import { writeFileSync } from 'node:fs'
     import { tmpdir } from 'node:os'
     test('a', () => writeFileSync(tmpdir() + '/forgotten', ''))`,
  )
  assert.match(failuresOf(report), /leaves no file: left in its TMPDIR: forgotten/)
})

test('a failure is counted once, on the last line, alone', async () => {
  const report = await run(
    `test('a', async (t) => { await t.test('b', () => { throw new Error('x') }) }); test('c', () => {})`,
  )
  assert.equal(formatSummary([report]).split('\n').at(-1), '1 passed, 2 failed, 0 skipped')
})
