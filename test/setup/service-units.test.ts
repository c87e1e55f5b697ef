import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { codeBlocks } from '../docs/code-blocks.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ROOT, runScript } from './script-process.ts'

const UNITS = ['postern-server', 'postern-gateway'] as const
const textOf = (unit: string) => readFileSync(join(ROOT, 'deploy/systemd', `${unit}.service`), 'utf8')
const valueOf = (text: string, key: string) =>
  new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? assert.fail(`there is no ${key}`)

/** What systemd-analyze makes of it is from 0, nothing is possible, to 10. In tenths. */
const MAX_EXPOSURE = 20

test('the units start commands that exist, with options that exist', async () => {
  for (const unit of UNITS) {
    const [program, ...args] = valueOf(textOf(unit), 'ExecStart').split(' ')
    assert.equal(program, '/opt/postern/bin/postern')
    const command = args.slice(
      0,
      args.findIndex((arg) => arg.startsWith('--')),
    )
    const help = await postern([...command, '--help'])
    assert.match(help.stdout, new RegExp(`^Usage: postern ${command.join(' ')} `), unit)
    const options = args.filter((arg) => arg.startsWith('--'))
    assert.ok(options.length > 0)
    for (const option of options) assert.match(help.stdout, new RegExp(`^  ${option} <`, 'm'), `${unit}: ${option}`)
  }
})

test('the units keep what they write in a folder that is theirs alone, and give the drain its time', () => {
  const users = readFileSync(join(ROOT, 'deploy/systemd/postern.sysusers.conf'), 'utf8')
  for (const unit of UNITS) {
    const text = textOf(unit)
    assert.ok(valueOf(text, 'ExecStart').includes(` --data /var/lib/${valueOf(text, 'StateDirectory')} `))
    assert.equal(valueOf(text, 'StateDirectoryMode'), '0700')
    assert.equal(valueOf(text, 'UMask'), '0077')
    assert.match(users, new RegExp(`^u ${valueOf(text, 'User')} `, 'm'))
    assert.ok(Number(valueOf(text, 'TimeoutStopSec')) >= 15)
    // Both ends of the protocol: see service-manager.ts.
    assert.equal(valueOf(text, 'Type'), 'notify')
    assert.equal(valueOf(text, 'NotifyAccess'), 'all')
    assert.doesNotMatch(text, /^MemoryDenyWriteExecute=(yes|true|1|on)/m, 'V8 could not compile')
  }
})

const isThere = (program: string) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
const skip = !isThere('systemd-analyze') && 'systemd-analyze is not on this machine (Debian: systemd)'

test('systemd reads the units, also with what the guide adds, without a warning', { skip }, async () => {
  await using folder = await tempFolder('units')
  const additions = codeBlocks(readFileSync(join(ROOT, 'docs/guide/service.md'), 'utf8')).filter(
    ({ language }) => language === 'ini',
  )
  assert.equal(additions.length, 2)
  for (const unit of UNITS) {
    const file = join(folder.path, `${unit}.service`)
    // It looks whether the program is there: that of the clone is.
    await writeFile(file, textOf(unit).replaceAll('/opt/postern/', `${ROOT}/`))
    await mkdir(`${file}.d`)
    for (const [index, { text }] of additions.entries()) await writeFile(join(`${file}.d`, `${index}.conf`), text)
    const verified = await runScript('systemd-analyze', ['verify', file])
    assert.deepEqual([verified.code, verified.stderr], [0, ''], unit)
    // Read at all: a line that systemd does not know must not go unseen.
    await writeFile(join(`${file}.d`, '9.conf'), '[Service]\nNoSuchSetting=1\n')
    assert.match((await runScript('systemd-analyze', ['verify', file])).stderr, /NoSuchSetting/)
  }
})

test('the units leave a process little to do harm with', { skip }, async (t) => {
  for (const unit of UNITS) {
    const file = join(ROOT, 'deploy/systemd', `${unit}.service`)
    const args = ['security', '--offline=true', `--threshold=${MAX_EXPOSURE}`, file]
    const end = await runScript('systemd-analyze', args)
    if (/unrecognized option/.test(end.stderr)) return t.skip('systemd-analyze is older than version 250')
    assert.equal(end.code, 0, `${end.stdout}${end.stderr}`)
  }
})
