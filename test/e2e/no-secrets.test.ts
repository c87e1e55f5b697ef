import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import { createApiClient } from '../../src/cli/api-client.ts'
import type { DatabaseType } from '../../src/model/database-type.ts'
import { EVERY_ENGINE, EveryServer, skipped } from '../engines/every-server.ts'
import { startInterposer } from '../engines/interposer.ts'
import { WIRE } from '../engines/wire-messages.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { DBS, startServer, type TestServer, waitForTask } from '../fixtures/postern.ts'
import { postern, startPostern } from '../fixtures/process.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const RAM = '2015-05-01'
const STS = '2015-04-01'
const POSTERN = '2026-12-01'
const CASES = ['success', 'wrong password', 'wrong TLS', 'a server that repeats what it hears', 'nobody'] as const
/** Enough of a secret to be a leak: a message that was cut still has it. */
const TELLING = 12
/** Throws outside of everything when the signal comes, as a fault of ours would. */
const CRASH = "data:text/javascript,process.on('SIGPWR',()=>{throw new Error('a planted crash')})"

interface Secret {
  readonly what: string
  readonly text: string
}

interface Place {
  readonly engine: DatabaseType
  readonly what: (typeof CASES)[number]
  readonly port: number
  readonly yaml: string
  readonly secret: Secret
}

test('no password, token or key is in anything that the processes write, show or keep', {
  timeout: 90_000,
}, async () => {
  await using folder = await tempFolder('no-secrets')
  await using stack = new AsyncDisposableStack()
  const authority = makeAuthority()
  await writeFile(join(folder.path, 'stranger.pem'), makeAuthority('A stranger').certificate)
  const servers = stack.use(new EveryServer(authority.issue(['127.0.0.1'])))
  const places = await endpoints(servers, stack)
  const secrets = places.map(({ secret }) => secret)
  const written: { what: string; text: string }[] = []
  const note = (what: string, text: string) => written.push({ what, text })

  const server = stack.use(await startServer(folder.path, { args: ['--log-level', 'debug'] }))
  secrets.push({ what: 'the root secret', text: server.accessKey.AccessKeySecret })
  const keys = await useKeys(server, folder.path, note)
  secrets.push(...keys)

  const enrolment = await server.call('CreateGatewayEnrollment', {}, POSTERN)
  const token = z.object({ EnrollmentToken: z.string() }).parse(enrolment.body).EnrollmentToken
  secrets.push({ what: 'the enrolment token', text: token })
  const data = join(folder.path, 'gateway')
  // The second time it is used up.
  for (const [at, given] of [
    [data, token],
    [`${data}-2`, token],
  ] as const) {
    const enroll = ['gateway', 'enroll', '--server', server.url, '--data', at]
    const enrolled = await postern(enroll, { env: { POSTERN_ENROLLMENT_TOKEN: given } })
    note(`enrolling ${at}`, enrolled.stdout + enrolled.stderr)
    assert.equal(enrolled.code === 0, at === data, enrolled.stderr)
  }
  const config = join(folder.path, 'gateway.yaml')
  await writeFile(
    config,
    `limits: { connectSeconds: 8, querySeconds: 8 }\nendpoints:\n${places.map(({ yaml }) => yaml).join('')}`,
  )
  await chmod(config, 0o600)
  const run = ['gateway', 'run', '--data', data, '--config', config, '--log-level', 'debug']
  const gateway = stack.use(startPostern(run, { nodeArgs: ['--import', CRASH] }))
  await gateway.line('"msg":"connected"')
  const { id } = z.object({ id: z.number() }).parse(JSON.parse(await readFile(join(data, 'gateway.json'), 'utf8')))

  const outcomes = await Promise.all(places.map((place) => askAbout(server, { gateway: String(id), place, note })))
  for (const [index, success] of outcomes.entries()) {
    const { engine, what } = places[index] ?? assert.fail()
    assert.equal(
      success,
      what === 'success',
      `${engine}, ${what}: ${written.find((entry) => entry.what === `the answers about ${engine}, ${what}`)?.text}`,
    )
  }
  for (const [name, { pid }] of [
    ['server', server.process()],
    ['gateway', gateway],
  ] as const) {
    note(
      `/proc of the ${name}`,
      (await Promise.all(['cmdline', 'comm'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')))).join(),
    )
  }
  gateway.child.kill('SIGPWR')
  assert.notEqual(await gateway.ended, 0)
  assert.match(gateway.output(), /a planted crash/)
  note('the gateway, until its crash', gateway.output())
  const trail = await postern(['audit', 'list', '--data', server.data, '--output', 'json'])
  note('audit list', trail.stdout + trail.stderr)
  await server.process().kill()
  note('the server', server.process().output())

  for (const { what, text } of written) assertClean(what, Buffer.from(text), secrets)
  for (const file of await filesBelow([server.data, data])) {
    // The one place that shows it.
    if (file === server.keyFile) continue
    assertClean(file, await readFile(file), secrets)
  }
})

/** Every engine that can run here in every case, each with a password of its own. */
async function endpoints(servers: EveryServer, stack: AsyncDisposableStack): Promise<readonly Place[]> {
  const places: Place[] = []
  for (const engine of EVERY_ENGINE.filter((name) => skipped(name) === false)) {
    const server = await servers.of(engine)
    for (const [number, what] of CASES.entries()) {
      const user = `u${engine.toLowerCase()}${number}`
      const text = `Pw%${randomBytes(15).toString('hex')}`
      const kept = what === 'wrong password' ? randomBytes(9).toString('hex') : text
      await server.createUser(user, kept)
      // Each case has a port of its own: what is configured is found by it.
      const target = what === 'wrong TLS' ? server.tlsPort : server.port
      const repeats = what === 'a server that repeats what it hears'
      const place = { afterMessages: repeats ? 1 : Infinity, lengthOf: WIRE[engine].lengthOf }
      const between = stack.use(
        await startInterposer(
          target,
          what === 'wrong TLS' ? { afterBytes: Infinity } : place,
          (speak, socket, { said }) => {
            speak(said)
            socket.on('data', speak)
          },
        ),
      )
      const port = between.port
      if (what === 'nobody') await between[Symbol.asyncDispose]()
      const tls = what === 'wrong TLS' ? '{ caFile: stranger.pem }' : '{ mode: off }'
      const service = engine === 'Oracle' ? ', serviceName: FREE' : ''
      const yaml = `  - { engine: ${engine}, host: 127.0.0.1, port: ${port}, user: ${user}, password: ${JSON.stringify(text)}, tls: ${tls}${service} }\n`
      places.push({ engine, what, port, yaml, secret: { what: `the password of ${engine}, ${what}`, text } })
    }
  }
  return places
}

type Note = (what: string, text: string) => void

/** Whether it ended with a list; what every way to ask answers is noted. */
async function askAbout(server: TestServer, { gateway, place, note }: { gateway: string; place: Place; note: Note }) {
  const { engine, what, port } = place
  const where = { DatabaseType: engine, SourceEndpointIP: '127.0.0.1', SourceEndpointPort: String(port) }
  const created = await server.call('CreateGetDBListFromAgentTask', { BackupGatewayId: gateway, ...where })
  const task = z.object({ TaskId: z.number() }).parse(created.body).TaskId
  const answer = await waitForTask(server, task)
  const more = await Promise.all([
    server.call('GetTask', { TaskId: String(task) }, POSTERN),
    server.call('DescribeDatabases', { TaskId: String(task) }, POSTERN),
  ])
  note(
    `the answers about ${engine}, ${what}`,
    JSON.stringify([created.body, answer.body, ...more.map(({ body }) => body)]),
  )
  return answer.body['Success'] === true
}

/** A user's key and a temporary one, used well and badly; both secrets and the token. */
async function useKeys(server: TestServer, folder: string, note: Note): Promise<readonly Secret[]> {
  const said = async (what: string, asked: Promise<{ readonly body: unknown }>) =>
    note(what, JSON.stringify((await asked).body))
  const policy = JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] })
  await said('CreateUser', server.call('CreateUser', { UserName: 'alice' }, RAM))
  await said('CreatePolicy', server.call('CreatePolicy', { PolicyName: 'All', PolicyDocument: policy }, RAM))
  const attached = { PolicyName: 'All', PolicyType: 'Custom', UserName: 'alice' }
  await said('AttachPolicyToUser', server.call('AttachPolicyToUser', attached, RAM))
  const made = await server.call('CreateAccessKey', { UserName: 'alice' }, RAM)
  const { AccessKey } = z
    .object({ AccessKey: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string() }) })
    .parse(made.body)
  const who = await server.call('GetCallerIdentity', {}, STS)
  const account = z.object({ AccountId: z.string() }).parse(who.body).AccountId
  const role = { RoleArn: `acs:ram::${account}:role/caller`, RoleSessionName: 'nightly', Policy: policy }
  const assumed = await server.call('AssumeRole', role, STS)
  const { Credentials } = z
    .object({
      Credentials: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string(), SecurityToken: z.string() }),
    })
    .parse(assumed.body)
  const wrongSecret = { ...AccessKey, AccessKeySecret: `${AccessKey.AccessKeySecret}x` }
  const wrongToken = { ...Credentials, SecurityToken: `${Credentials.SecurityToken}x` }
  for (const [name, key] of Object.entries({ AccessKey, wrongSecret, Credentials, wrongToken })) {
    const keyFile = join(folder, `${name}.json`)
    await writeFile(keyFile, JSON.stringify(key), { mode: 0o600 })
    const api = await createApiClient({ endpoint: server.url, keyFile }, {})
    await said(`${name} calls`, api.call('DescribeBackupGatewayList', { version: DBS, params: {} }))
    await said(`${name} lists keys`, api.call('ListAccessKeys', { version: RAM, params: { UserName: 'alice' } }))
    if (name !== 'wrongToken') continue
    const call = await postern(['call', 'DescribeRegions', '--endpoint', server.url, '--key-file', keyFile])
    note(`${name} on the command line`, call.stdout + call.stderr)
  }
  return [
    { what: "a user's secret", text: AccessKey.AccessKeySecret },
    { what: "a temporary key's secret", text: Credentials.AccessKeySecret },
    { what: "a temporary key's token", text: Credentials.SecurityToken },
  ]
}

/** The secret's beginning and end, as they are and as they could have been written. */
function assertClean(what: string, bytes: Buffer, secrets: readonly Secret[]) {
  for (const secret of secrets) {
    const parts = [secret.text.slice(0, TELLING), secret.text.slice(-TELLING)]
    const forms = parts.flatMap((part) => [
      Buffer.from(part),
      Buffer.from(encodeURIComponent(part)),
      Buffer.from(part, 'utf16le'),
      Buffer.from(Buffer.from(part).toString('hex')),
      Buffer.from(Buffer.from(part).toString('base64').slice(0, TELLING)),
    ])
    for (const form of forms) {
      const at = bytes.indexOf(form)
      const around = bytes.toString('latin1', Math.max(0, at - 300), at + 60)
      assert.ok(at < 0, `${secret.what} is in ${what}: ${around}`)
    }
  }
}

async function filesBelow(folders: readonly string[]): Promise<readonly string[]> {
  const files = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })))
  return files.flat().flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []))
}
