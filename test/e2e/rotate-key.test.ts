import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { EXIT } from '../../src/cli/exit-code.ts'
import { keyFingerprints, loadIdentity } from '../../src/gateway/identity.ts'
import { startGateway, startServer } from '../fixtures/postern.ts'
import { postern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

test('postern gateway rotate-key replaces the key of the gateway that runs, and check and list show the new one', async () => {
  await using folder = await tempFolder('rotate')
  await using server = await startServer(folder.path)
  await using gateway = await startGateway(server, folder.path, { config: 'endpoints: []\n' })
  const before = keyFingerprints(await loadIdentity(gateway.data)).current
  const rotated = await postern(['gateway', 'rotate-key', '--data', gateway.data])
  assert.equal(rotated.code, EXIT.done, rotated.stderr)
  const { current, previous } = keyFingerprints(await loadIdentity(gateway.data))
  assert.deepEqual(previous, [before])
  assert.equal(rotated.stdout, `new key: sha256:${current}\nold key: sha256:${before}\n`)
  const checked = await postern(['gateway', 'check', '--config', gateway.configFile, '--data', gateway.data])
  assert.ok(checked.stdout.includes(`key: sha256:${current}\nearlier key: sha256:${before}\n`), checked.stdout)
  const listed = await postern(['gateway', 'list', '--endpoint', server.url, '--key-file', server.keyFile])
  assert.match(listed.stdout, new RegExp(`ONLINE.*${current}`))
  const none = await postern(['gateway', 'rotate-key', '--data', join(folder.path, 'nothing')])
  assert.equal(none.code, EXIT.usage, none.stderr)
  assert.doesNotMatch(gateway.process().output() + rotated.stdout, /PRIVATE KEY/)
})
