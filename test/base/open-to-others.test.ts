import assert from 'node:assert/strict'
import { chmod, chown, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isOpenToOthers } from '../../src/base/open-to-others.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const isRoot = process.getuid?.() === 0
const skip =
  (process.platform === 'win32' && 'Windows has no modes') || (!isRoot && 'only root can give files to others')

test('a secret is closed to others when its owner alone has it, or systemd lets one user in by a list', {
  skip,
}, async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'secret')
  await writeFile(file, 'x')
  for (const [mode, uid, gid, open] of [
    [0o600, 1, 1, false],
    [0o400, 1, 1, false],
    [0o440, 0, 0, false],
    [0o440, 1, 1, true],
    [0o440, 0, 1, true],
    [0o640, 0, 0, true],
    [0o444, 0, 0, true],
    [0o604, 0, 0, true],
  ] as const) {
    await chown(file, uid, gid)
    await chmod(file, mode)
    assert.equal(isOpenToOthers(await stat(file)), open, `${mode.toString(8)} ${uid}:${gid}`)
  }
})
