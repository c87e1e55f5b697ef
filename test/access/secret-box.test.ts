import assert from 'node:assert/strict'
import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSecretBox } from '../../src/access/secret-box.ts'
import { toAccessKeyId } from '../../src/model/ids.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const OWNER = toAccessKeyId('PSTNowner')

test('the key file is made at first use, for its owner only, and the same key is read again', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'secret.key')
  const sealed = (await openSecretBox(file, { create: true })).seal('s3cret-é', OWNER)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.match(await readFile(file, 'utf8'), /^[0-9a-f]{64}\n$/)
  assert.deepEqual(await readdir(folder.path), ['secret.key'])
  assert.equal((await openSecretBox(file, { create: false })).unseal(sealed, OWNER), 's3cret-é')
})

test('of many that start at once all get the same key', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'secret.key')
  const boxes = await Promise.all(Array.from({ length: 8 }, () => openSecretBox(file, { create: true })))
  const sealed = boxes.map((box) => box.seal('same', OWNER))
  for (const box of boxes) for (const one of sealed) assert.equal(box.unseal(one, OWNER), 'same')
  assert.deepEqual(await readdir(folder.path), ['secret.key'])
})

test('a missing key file is not made anew where the store has sealed secrets', async () => {
  await using folder = await tempFolder()
  await assert.rejects(openSecretBox(join(folder.path, 'secret.key'), { create: false }), /backup/)
  assert.deepEqual(await readdir(folder.path), [])
})

test('a key file that others may read is refused with what to do', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'secret.key')
  await openSecretBox(file, { create: true })
  for (const mode of [0o640, 0o604, 0o660, 0o700, 0o644]) {
    await chmod(file, mode)
    await assert.rejects(openSecretBox(file, { create: true }), /chmod 600 /, mode.toString(8))
  }
  await chmod(file, 0o400)
  await openSecretBox(file, { create: false })
})

test('a key file of another length or with other characters is refused and left as it is', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'secret.key')
  for (const text of ['', 'ab', 'x'.repeat(64), 'a'.repeat(63), 'a'.repeat(66)]) {
    await writeFile(file, text, { mode: 0o600 })
    await assert.rejects(openSecretBox(file, { create: true }), /64 hex digits/)
    assert.equal(await readFile(file, 'utf8'), text)
  }
})

test('a change of any byte, another owner or another key opens nothing', async () => {
  await using folder = await tempFolder()
  const box = await openSecretBox(join(folder.path, 'a.key'), { create: true })
  const other = await openSecretBox(join(folder.path, 'b.key'), { create: true })
  const sealed = box.seal('secret', OWNER)
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed)
    changed[at] = (changed[at] ?? 0) ^ 1
    assert.throws(() => box.unseal(changed, OWNER), `byte ${at}`)
  }
  assert.throws(() => box.unseal(sealed.subarray(0, -1), OWNER))
  assert.throws(() => box.unseal(new Uint8Array(), OWNER), /format/)
  assert.throws(() => box.unseal(sealed, toAccessKeyId('PSTNother')), /key file is not the one/)
  assert.throws(() => other.unseal(sealed, OWNER), /key file is not the one/)
})

test('the same secret is sealed differently each time and is not in what is stored', async () => {
  await using folder = await tempFolder()
  const box = await openSecretBox(join(folder.path, 'secret.key'), { create: true })
  const [a, b] = [box.seal('secret', OWNER), box.seal('secret', OWNER)]
  assert.notDeepEqual(a, b)
  assert.equal(Buffer.from(a).includes('secret'), false)
})
