/**
 * npm run demo            a server, a gateway and throw-away databases on this machine; stays up until Ctrl-C
 * npm run demo -- --once  the same, and ends with 0 after the lists
 * POSTERN_DEMO_EMBEDDED=1 takes the embedded PostgreSQL, as where neither MariaDB nor PostgreSQL is on the machine.
 * Everything lives in temporary folders, which are removed at the end, but for an empty MariaDB that is kept in .tools/cache.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { callAdmin } from '../../src/admin/admin-client.ts'
import { adminSocketPath } from '../../src/admin/admin-socket.ts'
import { createConsoleCode } from '../../src/admin/operations/create-console-code.ts'
import { freePort } from '../../test/fixtures/free-port.ts'
import { postern, startPostern } from '../../test/fixtures/process.ts'
import { startThrowAwayDatabases, type ThrowAwayDatabase } from './throw-away-databases.ts'

const once = process.argv.includes('--once')
const embedded = process.env['POSTERN_DEMO_EMBEDDED'] === '1'
// The empty data directory that each MariaDB starts from is worth keeping, and not in the temporary folder of the machine.
process.env['POSTERN_TEST_CACHE'] ??= join(import.meta.dirname, '..', '..', '.tools', 'cache')
const say = (text: string) => void process.stdout.write(`${text}\n`)

const stopped = new AbortController()
const stop = () => stopped.abort()
process.on('SIGINT', stop)
process.on('SIGTERM', stop)

/** Ends what was started, last first, whatever happens. */
await using cleanup = new AsyncDisposableStack()
await demo().catch((error: unknown) => {
  if (stopped.signal.aborted) return
  process.exitCode = 1
  say(`The demonstration failed: ${error instanceof Error ? error.message : String(error)}`)
})

async function demo(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-demo-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))

  say('1/4  starting throw-away database servers')
  const databases = await startThrowAwayDatabases(say, { embedded })
  for (const database of databases) cleanup.use(database)
  for (const { title, port } of databases) say(`     ${title} on 127.0.0.1:${port}`)

  say('2/4  starting the server')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const data = join(folder, 'server')
  const keyFile = join(data, 'root-access-key.json')
  const server = cleanup.use(
    startPostern(['server', '--data', data, '--listen', `127.0.0.1:${port}`, '--drain-grace', '0']),
  )
  await server.line('"msg":"listening"')
  const connection = ['--endpoint', url, '--key-file', keyFile]

  say('3/4  enrolling a gateway with a one-time token and starting it')
  const gatewayId = await startGateway({ url, folder, connection, databases })

  say('4/4  listing databases\n')
  for (const { title, engine, port: databasePort } of databases) {
    const where = ['--engine', engine, '--host', '127.0.0.1', '--port', String(databasePort)]
    const listed = await postern(['databases', '--gateway', gatewayId, ...where, ...connection])
    if (listed.code !== 0) throw new Error(`listing ${title} ended with ${listed.code}: ${listed.stderr}`)
    say(`${title} (127.0.0.1:${databasePort})\n${listed.stdout}`)
  }
  if (once || stopped.signal.aborted) return
  say(callToCopy({ url, keyFile, gatewayId, databases }))
  say(`Console:   ${await consoleLink({ url, data, keyFile })}
           (opens it signed in: once, within a minute)
`)
  say('Running until you press Ctrl-C.')
  const keepAlive = setInterval(() => {}, 60_000)
  await new Promise<void>((resolve) => {
    if (stopped.signal.aborted) resolve()
    stopped.signal.addEventListener('abort', () => resolve(), { once: true })
    server.child.once('exit', () => resolve())
  })
  clearInterval(keepAlive)
  say('\nstopping, nothing is left behind')
}

async function startGateway(parts: {
  url: string
  folder: string
  connection: readonly string[]
  databases: readonly ThrowAwayDatabase[]
}): Promise<string> {
  const { url, folder, connection, databases } = parts
  const data = join(folder, 'gateway')
  const token = await postern(['gateway', 'token', '--name', 'demo', ...connection])
  if (token.code !== 0) throw new Error(token.stderr)
  const enrolled = await postern(['gateway', 'enroll', '--server', url, '--data', data], {
    env: { POSTERN_ENROLLMENT_TOKEN: token.stdout.trim() },
  })
  if (enrolled.code !== 0) throw new Error(enrolled.stderr)
  const config = join(folder, 'gateway.yaml')
  await writeFile(config, configuration(databases), { mode: 0o600 })
  const gateway = cleanup.use(startPostern(['gateway', 'run', '--data', data, '--config', config]))
  await gateway.line('"msg":"connected"')
  const identity: unknown = JSON.parse(await readFile(join(data, 'gateway.json'), 'utf8'))
  return String(z.object({ id: z.number() }).parse(identity).id)
}

/** Nothing but this demonstration makes such a link: it is worth the rights of the root for an hour. */
async function consoleLink({ url, data, keyFile }: { url: string; data: string; keyFile: string }): Promise<string> {
  const params = z.object({ AccessKeyId: z.string() }).parse(JSON.parse(await readFile(keyFile, 'utf8')))
  const path = adminSocketPath(data, process.cwd())
  const made = await callAdmin(createConsoleCode, { path, params, signal: stopped.signal })
  if (made === undefined) throw new Error('the server does not answer on its socket')
  return `${url}/console/#code=${made.reply.Code}`
}

function configuration(databases: readonly ThrowAwayDatabase[]): string {
  return [
    'endpoints:',
    ...databases.flatMap(({ engine, port, user, password }) => [
      `  - engine: ${engine}`,
      '    host: 127.0.0.1',
      `    port: ${port}`,
      `    user: ${user}`,
      `    password: ${password}`,
      '    tls: { mode: off }',
    ]),
    '',
  ].join('\n')
}

function callToCopy(parts: {
  url: string
  keyFile: string
  gatewayId: string
  databases: readonly ThrowAwayDatabase[]
}): string {
  const { url, keyFile, gatewayId, databases } = parts
  const { engine, port } = z.object({ engine: z.string(), port: z.number() }).parse(databases[0])
  return `Address:   ${url}
Key file:  ${keyFile}
Gateway:   ${gatewayId}

The same with the official Node client, to copy and paste in this folder:

node -e '
const { RPCClient } = require("@alicloud/pop-core")
const key = require("${keyFile}")
const client = new RPCClient({ accessKeyId: key.AccessKeyId, accessKeySecret: key.AccessKeySecret,
  endpoint: "${url}", apiVersion: "2019-03-06" })
client.request("CreateGetDBListFromAgentTask", { BackupGatewayId: ${gatewayId}, DatabaseType: "${engine}",
  SourceEndpointIP: "127.0.0.1", SourceEndpointPort: ${port} })
  .then(({ TaskId }) => client.request("GetDBListFromAgent", { TaskId, WaitSeconds: 2 }))
  .then((answer) => console.log(answer.DbList.dbName))
'
`
}
