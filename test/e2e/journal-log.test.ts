import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { tempFolder } from '../fixtures/temp-folder.ts'

const lineSchema = z.object({ msg: z.string() })
const LOG = new URL('../../src/base/log.ts', import.meta.url).href
const FORMAT = new URL('../../src/cli/log-format.ts', import.meta.url).href
/** Writes one line of each level, as the two roles do. */
const WRITER = `
import { createLog } from ${JSON.stringify(LOG)}
import { isForJournal } from ${JSON.stringify(FORMAT)}
const format = process.argv[1] === '' ? undefined : process.argv[1]
const terminal = { env: process.env, out: () => {}, err: () => {}, interactive: false }
const log = createLog({ name: 'server', level: 'debug', journal: isForJournal(format, terminal) })
log.debug('a'); log.info('b'); log.warn('c'); log.error({ err: new Error('two\\nlines') }, 'd'); log.fatal('e')
log.child({ of: 'child' }).error('f')`

/** Its stderr is a file, of which JOURNAL_STREAM tells device and inode, as systemd does for its journal. */
async function write(folder: string, options: { stream?: string; format?: string }): Promise<readonly string[]> {
  const path = join(folder, 'stderr')
  const file = openSync(path, 'w')
  const { dev, ino } = fstatSync(file, { bigint: true })
  const env = { PATH: process.env['PATH'], JOURNAL_STREAM: options.stream ?? `${dev}:${ino}` }
  const args = ['--input-type=module', '--eval', WRITER, options.format ?? '']
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', file] })
  closeSync(file)
  await once(child, 'close')
  return readFileSync(path, 'utf8').trimEnd().split('\n')
}

test('in the journal every line is JSON behind the priority of its level', async () => {
  await using folder = await tempFolder('journal')
  const lines = await write(folder.path, {})
  assert.deepEqual(
    lines.map((line) => [line.slice(0, 3), lineSchema.parse(JSON.parse(line.slice(3))).msg]),
    [
      ['<7>', 'a'],
      ['<6>', 'b'],
      ['<4>', 'c'],
      ['<3>', 'd'],
      ['<2>', 'e'],
      ['<3>', 'f'],
    ],
  )
})

test('where stderr is not the stream of the journal, or a format was asked for, the lines are JSON alone', async () => {
  await using folder = await tempFolder('journal')
  for (const options of [{ stream: '1:2' }, { format: 'json' }]) {
    for (const line of await write(folder.path, options)) assert.match(line, /^\{/)
  }
})
