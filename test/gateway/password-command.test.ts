import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { passwordCommand, whyNotRunnable } from '../../src/gateway/password-command.ts'
import { PosternError } from '../../src/model/errors.ts'
import { eventually } from '../fixtures/eventually.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { scratchFolder } from './scratch-folder.ts'

const MINUTE = 60_000

/** A shell script as the client of a vault: it is the test's program, the product runs no shell. */
async function vault(context: TestContext, script: string, deadlineMs?: number) {
  const folder = await scratchFolder(context)
  const clock = manualClock()
  const file = join(folder, 'vault.sh')
  await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const read = passwordCommand(['./vault.sh', 'a b', '$HOME'], {
    folder,
    clock,
    ...(deadlineMs !== undefined && { deadlineMs }),
  })
  return { folder, clock, read }
}

async function failureOf(context: TestContext, script: string, deadlineMs?: number): Promise<string> {
  const { read } = await vault(context, script, deadlineMs)
  const error = await read().then(
    () => assert.fail('it gave a password'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof PosternError)
  assert.equal(error.entry, 'Internal', 'as a password file that is missing')
  return error.message
}

test('the output without one last newline is the password; no shell reads the arguments', async (t) => {
  const one = await vault(t, 'printf "%s|%s\\n\\n" "$1" "$2"')
  assert.equal(await one.read(), 'a b|$HOME\n')
  const crlf = await vault(t, 'printf "secret\\r\\n"')
  assert.equal(await crlf.read(), 'secret')
})

test('a command runs once at a time, is kept for five minutes, and runs again for a password that was refused', async (t) => {
  const { folder, clock, read } = await vault(t, 'echo run >> runs; cat password')
  const runs = async () => (await readFile(join(folder, 'runs'), 'utf8')).split('\n').length - 1
  const file = join(folder, 'password')
  await writeFile(file, 'first\n')
  assert.deepEqual(await Promise.all([read(), read(), read('first')]), ['first', 'first', 'first'])
  assert.equal(await runs(), 1)
  await writeFile(file, 'second\n')
  clock.advance(5 * MINUTE - 1)
  assert.equal(await read(), 'first')
  assert.equal(await runs(), 1)
  clock.advance(1)
  assert.equal(await read(), 'second')
  assert.equal(await runs(), 2)
  await writeFile(file, 'third\n')
  assert.equal(await read('first'), 'second', 'another attempt has read it again already')
  assert.equal(await read('second'), 'third')
  assert.equal(await runs(), 3)
  // Refused and still the same: it is kept only as long as no login is tried with it.
  assert.equal(await read('third'), 'third')
  await writeFile(file, 'fourth\n')
  assert.equal(await read(), 'third')
  clock.advance(30_000)
  assert.equal(await read(), 'fourth')
  assert.equal(await runs(), 5)
})

test('a failure names the program, its exit code and the first line of its stderr, never its output', async (t) => {
  const message = await failureOf(t, 'echo hunter22; echo "no token found" >&2; echo more >&2; exit 7')
  assert.match(message, /\.\/vault\.sh ended with exit code 7: no token found$/)
  assert.ok(!message.includes('hunter22') && !message.includes('more'))
  const long = await failureOf(t, `printf '\\033[31m%0500d' 1 >&2; exit 1`)
  assert.ok(!long.includes('\u001b'))
  assert.equal(long.split('exit code 1: ')[1]?.length, 200)
  assert.match(await failureOf(t, 'kill -9 $$'), /was ended by SIGKILL/)
  assert.match(await failureOf(t, 'true'), /printed nothing/)
  assert.match(await failureOf(t, 'printf "a\\000b"'), /NUL/)
  assert.match(await failureOf(t, 'printf "\\377"'), /not UTF-8/)
  assert.match(await failureOf(t, 'head -c 4097 /dev/zero | tr "\\0" x'), /more than 4 KiB/)
  const { read, folder } = await vault(t, 'head -c 4096 /dev/zero | tr "\\0" x')
  assert.equal((await read()).length, 4096)
  const missing = passwordCommand(['no-such-program-here'], { folder, clock: manualClock() })
  await assert.rejects(missing(), /no-such-program-here could not be run \(ENOENT\)/)
})

test('a command that takes too long is ended with all that it has started, and may run again', async (t) => {
  const { read, folder } = await vault(t, 'test -f again && echo secret && exit; sleep 600 & echo $! > pid; wait', 500)
  await assert.rejects(read(), /did not end within 0\.5 s/)
  assert.ok(existsSync(join(folder, 'pid')))
  const pid = Number(await readFile(join(folder, 'pid'), 'utf8'))
  await eventually('the end of what it has started', () => !isRunning(pid))
  await writeFile(join(folder, 'again'), '')
  assert.equal(await read(), 'secret')
})

test('a program is found on the PATH or beside the file, and must be executable', async (t) => {
  const folder = await scratchFolder(t)
  await writeFile(join(folder, 'plain'), '', { mode: 0o644 })
  assert.equal(whyNotRunnable('sh', folder), undefined)
  assert.match(whyNotRunnable('no-such-program-here', folder) ?? '', /not on the PATH/)
  assert.match(whyNotRunnable('./plain', folder) ?? '', /not a program that may be run/)
  assert.match(whyNotRunnable('./none', folder) ?? '', /not a program that may be run/)
  assert.match(whyNotRunnable('/tmp', folder) ?? '', /not a program that may be run/)
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
