import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConfigurationError } from '../../src/base/configuration-error.ts'
import { busOptions } from '../../src/cli/bus-source.ts'
import { CommandError } from '../../src/cli/exit-code.ts'
import { liveSettings } from '../../src/cli/live-settings.ts'
import type { ServerConfiguration } from '../../src/cli/server-configuration.ts'
import { storeOptions } from '../../src/cli/store-source.ts'
import { collectingLog } from '../api/collecting-log.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

async function configured() {
  const folder = await tempFolder('shared-settings')
  const file = (name: string) => join(folder.path, name)
  const config = file('server.yaml')
  const log = collectingLog()
  return {
    file,
    config,
    log,
    write: (name: string, text: string, mode = 0o600) =>
      writeFile(file(name), text).then(() => chmod(file(name), mode)),
    settings: (given: ServerConfiguration = {}) =>
      liveSettings({ data: folder.path, config, given }, { log: log.log, clock: manualClock() }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

test('store and bus stand in the configuration file, and the command line and the environment win', async () => {
  await using world = await configured()
  await world.write('store-url', 'postgres://u:s3cret@a,b/d\n')
  await world.write('bus-url', 'nats://u:s3cret@n\n')
  await world.write('server.yaml', 'storeFile: store-url\nstoreDirect: postgres://c/d\nbusFile: bus-url\n', 0o644)
  const of = (given: ServerConfiguration = {}) => {
    using settings = world.settings(given)
    const { database, bus } = settings.current
    return { url: database?.url, directUrl: database?.directUrl, bus }
  }
  assert.deepEqual(of(), {
    url: 'postgres://u:s3cret@a,b/d',
    directUrl: 'postgres://u:s3cret@c/d',
    bus: 'nats://u:s3cret@n',
  })
  // Another store must not be migrated at the address of the one in the file.
  const url = 'postgres://v@e/f'
  assert.deepEqual(of({ store: url, bus: 'local' }), { url, directUrl: url, bus: 'local' })
  const env = { POSTERN_STORE: 'postgres://v:p@e/f', POSTERN_BUS: 'postgres' }
  assert.deepEqual(of({ store: storeOptions({}, env).store ?? '', bus: busOptions({}, env).bus ?? '' }), {
    url: env.POSTERN_STORE,
    directUrl: env.POSTERN_STORE,
    bus: 'postgres',
  })
  assert.deepEqual(storeOptions({ store: url }, env).store, url)
})

test('a password in the configuration file is fine where only its owner reads it', async () => {
  await using world = await configured()
  await world.write('server.yaml', 'store: postgres://u:s3cret@a,b/d\n')
  {
    using settings = world.settings()
    assert.equal(settings.current.database?.url, 'postgres://u:s3cret@a,b/d')
  }
  await chmod(world.config, 0o644)
  assert.throws(() => world.settings(), /server\.yaml:1:\d+: `store` has a password.*chmod 600(?!.*s3cret)/s)
})

test('what is wrong with store and bus is told with its line, and without a password', async () => {
  await using world = await configured()
  const wrong: readonly [text: string, why: RegExp][] = [
    ['store: postgres://u:s3cret@h\n', /:1:\d+: `store`: host, user and database/],
    ['bus: local\nstoreDirect: mysql://u:s3cret@h/d\n', /:2:\d+: `storeDirect`: it is not of the form/],
    ['bus: redis://u:s3cret@h\n', /:1:\d+: `bus` must be local, postgres, or/],
    ['bus: postgres://u:s3cret@h:x/d\n', /:1:\d+: `bus`: host 1 is not/],
    ['store: postgres://u@h/d\nstoreFile: x\n', /:2:\d+: give `store` or `storeFile`, not both/],
    ['bus: local\nbusFile: x\n', /:2:\d+: give `bus` or `busFile`, not both/],
    ['storeFile: nowhere\n', /`--store-file` names a file that cannot be read \(ENOENT\)/],
    ['storeDirect: postgres://h/d\n', /--store-direct needs/],
  ]
  for (const [text, why] of wrong) {
    await world.write('server.yaml', text)
    assert.throws(
      () => world.settings(),
      (error: Error) => {
        assert.match(error.message, why)
        return (error instanceof ConfigurationError || error instanceof CommandError) && !/s3cret/.test(error.message)
      },
      text,
    )
  }
})

test('another store or bus counts after a restart, which the log says without the URL', async () => {
  await using world = await configured()
  await world.write('server.yaml', 'store: postgres://u:s3cret@a/d\nbus: nats://n\n')
  using settings = world.settings()
  await world.write('server.yaml', 'store: postgres://u:s3cret@b/d\nbus: postgres\ndrainGraceSeconds: 7\n')
  settings.reload()
  assert.equal(settings.current.database?.url, 'postgres://u:s3cret@a/d')
  assert.equal(settings.current.bus, 'nats://n')
  assert.equal(settings.current.drainGraceMs, 7_000, 'the rest counts')
  const told = world.log.lines().join('\n')
  assert.match(told, /store has changed: that counts after a restart/)
  assert.match(told, /bus has changed: that counts after a restart/)
  assert.doesNotMatch(told, /s3cret|nats:/)
})
