import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { readPostgresAddress } from '../../src/model/postgres-address.ts'
import { readNatsAddress } from '../../src/bus/nats-address.ts'
import { loadServerConfiguration } from '../../src/cli/server-configuration.ts'
import { parseOnly } from '../cli/program-tree.ts'
import { codeBlocks, section, shellCommands } from '../docs/code-blocks.ts'
import { CLUSTER, type ClusterService, prepareCluster, readCompose } from '../e2e/cluster-files.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { ROOT, runScript } from './script-process.ts'

const read = (file: string) => readFile(join(ROOT, file), 'utf8')
const GUIDE = await read('docs/guide/scaling.md')
const composed = await readCompose()
const services = Object.entries(composed.services)
const isOurs = ({ image }: ClusterService) => image.startsWith('postern:')
/** What needs Docker or systemd. */
const NOT_RUN = /^(docker compose|systemctl|export POSTERN_ENROLLMENT_TOKEN=\$\(docker compose) /
/** systemd looks whether the program is there: that of the clone is. */
const local = (text: string) => text.replaceAll('/opt/postern/', `${ROOT}/`)
const seconds = (text: string) => Number(/^(\d+)s$/.exec(text)?.[1] ?? assert.fail(text))

test('compose.yaml: every command of Postern is taken by the real parser', async () => {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(await read('package.json')))
  const ours = services.filter(([, service]) => isOurs(service))
  assert.deepEqual(
    ours.map(([name]) => name),
    ['server-1', 'server-2', 'gateway'],
  )
  for (const [name, service] of ours) {
    assert.equal(service.image, `postern:${version}`)
    await assert.doesNotReject(parseOnly(service.command), name)
  }
  const inContainers = shellCommands(GUIDE).flatMap((line) => [
    ...(/ (?:exec -T server-\d postern|run .*? gateway) ((?:gateway|access-key) [^()]*)/.exec(line)?.slice(1) ?? []),
  ])
  assert.equal(inContainers.length, 2)
  for (const line of inContainers) await assert.doesNotReject(parseOnly(line.split(' ')), line)
})

test('compose.yaml: limits, a probe and an end in order for each; nothing secret outside of files', async () => {
  for (const [name, service] of services) {
    assert.equal(service.restart, 'unless-stopped', name)
    assert.match(service.user, /^[1-9]\d*:[1-9]\d*$/, `${name} is not root`)
    assert.ok(service.ulimits.nofile.soft >= 4096)
    assert.match(service.deploy.resources.limits.memory, /^\d+[mg]$/)
    assert.ok(seconds(service.stop_grace_period) > 10, name)
    const open = [...Object.entries(service.environment).flat(), ...service.command, ...service.healthcheck.test]
    for (const word of open) {
      // A path to one is none.
      const without = word.replace(/(^|\w+=)\/run\/secrets\/[\w.-]+$|_PASSWORD_FILE$/, '')
      assert.doesNotMatch(without, /password|secret|token|key|:\/\/[^/]*@/i, `${name}: ${word}`)
    }
    for (const { source, target } of service.secrets) {
      assert.ok(composed.secrets[source], `${name}: ${source}`)
      assert.ok(target.startsWith('/'))
    }
    for (const network of service.networks) assert.ok(Object.hasOwn(composed.networks, network), network)
    for (const volume of service.volumes) {
      const [from = ''] = volume.split(':')
      if (from.startsWith('./')) assert.ok(existsSync(join(CLUSTER, from)), `${name}: ${from}`)
      else assert.ok(Object.hasOwn(composed.volumes, from), `${name}: ${from}`)
    }
    // Only the balancer can be reached from outside.
    assert.equal(service.ports.length, name === 'haproxy' ? 1 : 0, name)
  }
  const servers = services.filter(([name]) => name.startsWith('server-'))
  const haproxy = await read('deploy/cluster/haproxy.cfg')
  for (const [name, { volumes }] of servers) {
    assert.ok(volumes.includes(`${name}:/var/lib/postern`), `${name} has its own folder`)
    assert.match(haproxy, new RegExp(`presetenv POSTERN_SERVER_\\d ${name}:7070`))
    assert.equal(haproxy.match(new RegExp(`^  server ${name} `, 'gm'))?.length, 2)
  }
})

test('what prepare.sh makes: all that compose.yaml names, for one reader each, never made anew', async () => {
  await using folder = await tempFolder('cluster')
  const cluster = await prepareCluster(join(folder.path, 'cluster'), 'postern.example.net')
  assert.equal(await readFile(join(folder.path, 'cluster/.env'), 'utf8'), 'POSTERN_NAME=postern.example.net\n')
  const isRoot = process.getuid?.() === 0
  const before: Record<string, string> = {}
  for (const [name, { user, secrets }] of services) {
    for (const { source } of secrets) {
      const file = join(folder.path, 'cluster', composed.secrets[source]?.file ?? assert.fail(source))
      const { mode, uid } = await stat(file)
      before[source] = await readFile(file, 'utf8')
      if (source === 'ca.pem') continue
      assert.equal(mode & 0o777, 0o600, source)
      if (isRoot) assert.equal(uid, Number(user.split(':')[0]), `${name}: ${source}`)
    }
  }
  assert.match(before['secret.key'] ?? '', /^[0-9a-f]{64}\n$/)
  for (const name of ['server', 'postgres', 'nats', 'public']) {
    const args = ['verify', '-purpose', 'sslserver', '-CAfile', 'ca.pem', `${name}.pem`]
    assert.equal((await runScript('openssl', args, { cwd: cluster.secrets })).code, 0, name)
  }
  assert.equal((await cluster.prepare()).code, 0)
  for (const [file, text] of Object.entries(before)) assert.equal(await cluster.read(file), text, file)
  const nameless = await runScript('sh', [join(CLUSTER, 'prepare.sh')], { cwd: folder.path })
  assert.deepEqual([nameless.code, existsSync(join(folder.path, 'secrets'))], [2, false])

  const here = (text: string) => text.replaceAll('/run/secrets', cluster.secrets)
  const file = await cluster.install('server.yaml', join(folder.path, 'server.yaml'), here)
  const { drainGraceSeconds = 0, behindProxy } = loadServerConfiguration(file)
  for (const [name, service] of services)
    if (isOurs(service) && name !== 'gateway') assert.ok(seconds(service.stop_grace_period) > drainGraceSeconds + 10)
  const text = await read('deploy/cluster/compose.yaml')
  assert.ok(text.includes(`subnet: ${behindProxy?.[0]} `), 'forwarded headers are believed from the network of HAProxy')
})

test('the commands of the guide leave what a server needs, and systemd takes its unit without a warning', async (t) => {
  await using folder = await tempFolder('cluster')
  const here = (text: string) => text.replaceAll(/(?<![\w./])\/(opt|etc)(?=\/)/g, `${folder.path}/$1`)
  const opt = join(folder.path, 'opt/postern')
  await cp(join(ROOT, 'deploy'), join(opt, 'deploy'), { recursive: true })
  for (const each of ['etc/systemd/system', 'etc/default', 'run'])
    await mkdir(join(folder.path, each), { recursive: true })
  for (const heading of ['With Docker Compose', 'With systemd', 'Upgrade', 'Back up']) {
    const cwd = heading === 'With systemd' ? join(folder.path, 'run') : opt
    const commands = shellCommands(section(GUIDE, heading)).filter((line) => !NOT_RUN.test(line))
    // The folder of secrets is that of the first section.
    const lines = heading === 'Back up' ? ['cd deploy/cluster', ...commands] : commands
    const end = await runScript('sh', ['-euc', here(lines.join('\n'))], { cwd })
    assert.equal(end.code, 0, `${heading}: ${end.stderr}`)
  }
  const etc = (file: string) => join(folder.path, 'etc', file)
  const store = readPostgresAddress(here(await readFile(etc('postern/store-url'), 'utf8')).trim(), '--store-file')
  const bus = readNatsAddress(here(await readFile(etc('postern/bus-url'), 'utf8')).trim())
  assert.deepEqual([store.hosts[0]?.host, bus.servers[0]?.host], ['db.example.net', 'bus.example.net'])
  assert.ok(store.tls?.caFile !== undefined && bus.tls?.ca !== undefined)
  for (const name of ['secret.key', 'store-url', 'bus-url', 'server.key'])
    assert.equal((await stat(etc(`postern/${name}`))).mode & 0o777, 0o600, name)

  const dropIn = await readFile(etc('systemd/system/postern-server.service.d/cluster.conf'), 'utf8')
  const [, program, line = ''] = /^ExecStart=(\S+) (.+)$/m.exec(dropIn) ?? []
  assert.equal(program, '/opt/postern/bin/postern')
  await assert.doesNotReject(parseOnly(line.split(' ')))
  const credentials = [...dropIn.matchAll(/^LoadCredential=([^:]+):\/etc\/postern\/(.+)$/gm)].map(
    ([, name = '']) => name,
  )
  assert.deepEqual(credentials, ['store-url', 'bus-url', 'secret.key', 'server.key'])
  const yaml = codeBlocks(section(GUIDE, 'With systemd')).find(({ language }) => language === 'yaml')?.text ?? ''
  const named = [
    ...`${line}\n${yaml}`.matchAll(
      /(?:\$\{CREDENTIALS_DIRECTORY\}|\/run\/credentials\/postern-server.service)\/(\S+)/g,
    ),
  ]
  assert.deepEqual(named.map(([, name = '']) => name).toSorted(), credentials.toSorted())
  const config = here(yaml).replaceAll('/run/credentials/postern-server.service', etc('postern'))
  await writeFile(etc('postern/server.yaml'), config)
  assert.deepEqual(loadServerConfiguration(etc('postern/server.yaml')).behindProxy, ['10.0.0.10'])

  const isThere = (process.env['PATH'] ?? '').split(delimiter).some((each) => existsSync(join(each, 'systemd-analyze')))
  if (!isThere) return t.skip('systemd-analyze is not on this machine (Debian: systemd)')
  const unit = etc('systemd/system/postern-server.service')
  await writeFile(unit, local(await read('deploy/systemd/postern-server.service')))
  await writeFile(`${unit}.d/cluster.conf`, local(dropIn))
  const nats = etc('systemd/system/nats-server.service')
  await writeFile(nats, '[Service]\nExecStart=/bin/true\n')
  const natsDropIn = await readFile(`${nats}.d/postern.conf`, 'utf8')
  await writeFile(`${nats}.d/postern.conf`, natsDropIn.replace('/usr/sbin/nats-server', '/bin/true'))
  for (const file of [unit, nats]) {
    const verified = await runScript('systemd-analyze', ['verify', file])
    assert.deepEqual([verified.code, verified.stderr], [0, ''], file)
  }
})

test('the image: its base is the Node of the lock, and all that it copies is let through', async () => {
  const dockerfile = await read('deploy/cluster/Dockerfile')
  const ignored = (await read('.dockerignore'))
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
  assert.equal(new Set(bases).size, 1)
  const [, major, minor] = /^node:(\d+)\.(\d+)\.\d+-bookworm-slim$/.exec(bases[0] ?? '') ?? assert.fail(bases[0])
  assert.ok(Number(major) === 24 && Number(minor) >= 15)
  for (const [, from = ''] of dockerfile.matchAll(/^COPY ((?:[^-\s]\S* )+)\S+$/gm)) {
    for (const path of from.trim().split(' ')) {
      assert.ok(ignored.includes(path), `${path} is in .dockerignore`)
      assert.ok(existsSync(join(ROOT, path)), path)
    }
  }
  assert.ok(!ignored.some((path) => path === 'deploy' || path.includes('secrets')))
})
