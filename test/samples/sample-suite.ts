import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import { parametersOf } from '../../src/api/action-fields.ts'
import { documentedActions } from '../../src/api/documented-actions.ts'
import { sampleCode, type SampleLanguage } from '../../src/samples/sample-code.ts'
import type { SampleAction } from '../../src/samples/sample-request.ts'
import type { Finished } from '../fixtures/process.ts'
import { startGateway, startServer, type TestGateway, type TestServer, UNTHROTTLED } from '../fixtures/postern.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'
import { languageHere, type SampleRunner, sampleRunner } from './languages.ts'
import { ALL_NASTY } from './nasty-text.ts'

const RAM = '2015-05-01'
const STS = '2015-04-01'
const user = z.object({ User: z.object({ UserName: z.string(), Comments: z.string() }) })
const identity = z.object({ AccountId: z.string(), Arn: z.string() })
const credentials = z.object({
  Credentials: z.object({ AccessKeyId: z.string(), AccessKeySecret: z.string(), SecurityToken: z.string() }),
})

export function actionNamed(name: string): SampleAction {
  const found = documentedActions().find((action) => action.name === name)
  if (found === undefined) throw new Error(`There is no action ${name}.`)
  return { name, version: found.version, parameters: parametersOf(found) }
}

/** The samples of these languages as their readers run them, against one real server, gateway and database. */
export async function sampleSuite(languages: readonly SampleLanguage[]): Promise<void> {
  const here = await Promise.all(languages.map(async (name) => ({ name, language: await languageHere(name) })))

  describe('samples are run', { skip: !findRedis() && 'Redis is not on this machine (Debian: redis-server)' }, () => {
    const resources = new AsyncDisposableStack()
    const runners = new Map<SampleLanguage, SampleRunner>()
    let server: TestServer
    let gateway: TestGateway
    let port: number

    before(async () => {
      const folder = resources.use(await tempFolder('samples')).path
      const redis = resources.use(await startRedis())
      port = redis.port
      await redis.command('-n', '3', 'SET', 'key', 'value')
      server = resources.use(await startServer(folder, { config: UNTHROTTLED }))
      const config = `endpoints:\n  - { engine: Redis, host: 127.0.0.1, port: ${port}, user: default, password: ${redis.rootPassword}, tls: { mode: off } }\n`
      gateway = resources.use(await startGateway(server, folder, { config }))
      for (const { name, language } of here) {
        if ('command' in language) runners.set(name, await sampleRunner(name, language, folder))
      }
    })
    after(() => resources.disposeAsync())

    for (const { name, language } of here) {
      describe(name, { skip: 'missing' in language && language.missing }, () => {
        const run = (
          action: string,
          parameters: Record<string, string> = {},
          options: { waitForList?: boolean; key?: Record<string, string> } = {},
        ): Promise<Finished> => {
          const { AccessKeyId, AccessKeySecret } = server.accessKey
          const { waitForList = false, key } = options
          const runner = runners.get(name)
          assert.ok(runner !== undefined)
          const sample = sampleCode(actionNamed(action), {
            language: name,
            parameters,
            endpoint: server.url,
            waitForList,
          })
          assert.ok(!sample.includes(AccessKeySecret) && !sample.includes(AccessKeyId))
          return runner.run(
            sample,
            key ?? { ALIBABA_CLOUD_ACCESS_KEY_ID: AccessKeyId, ALIBABA_CLOUD_ACCESS_KEY_SECRET: AccessKeySecret },
          )
        }

        test('a value of every odd character arrives as it is, and the answer is printed', async () => {
          const { code, stdout, stderr } = await run('CreateUser', { UserName: `of-${name}`, Comments: ALL_NASTY })
          assert.equal(code, 0, stderr)
          const told = user.parse(lastJson(stdout)).User
          const stored = user.parse((await server.call('GetUser', { UserName: `of-${name}` }, RAM)).body).User
          assert.deepEqual([stored.Comments, told.Comments], [ALL_NASTY, ALL_NASTY], stderr)
        })

        test('creates a task, then waits for its list', async () => {
          const parameters = {
            BackupGatewayId: gateway.id,
            DatabaseType: 'Redis',
            SourceEndpointIP: '127.0.0.1',
            SourceEndpointPort: String(port),
          }
          const { code, stdout, stderr } = await run('CreateGetDBListFromAgentTask', parameters, { waitForList: true })
          assert.equal(code, 0, stderr)
          if (name === 'postern') return assert.match(stdout, /^db3$/m)
          const listed = z.object({ Success: z.literal(true), DbList: z.object({ dbName: z.array(z.string()) }) })
          assert.deepEqual(listed.parse(lastJson(stdout)).DbList.dbName, ['db3'])
        })

        if (name === 'go' || name === 'java') return

        test('without parameters, with a temporary key', async () => {
          const { AccountId } = identity.parse((await server.call('GetCallerIdentity', {}, STS)).body)
          const made = await server.call(
            'AssumeRole',
            { RoleArn: `acs:ram::${AccountId}:role/caller`, RoleSessionName: 'samples' },
            STS,
          )
          const { Credentials } = credentials.parse(made.body)
          const key = {
            ALIBABA_CLOUD_ACCESS_KEY_ID: Credentials.AccessKeyId,
            ALIBABA_CLOUD_ACCESS_KEY_SECRET: Credentials.AccessKeySecret,
            ALIBABA_CLOUD_SECURITY_TOKEN: Credentials.SecurityToken,
          }
          const { code, stdout, stderr } = await run('GetCallerIdentity', {}, { key })
          assert.equal(code, 0, stderr)
          assert.match(identity.parse(lastJson(stdout)).Arn, /samples/)
        })

        test('an error is printed with its code', async () => {
          const { code, stdout, stderr } = await run('GetDBListFromAgent', { TaskId: '123456789012345' })
          assert.match(`${stdout}\n${stderr}`, /Task\.NotFound/)
          // curl itself ended well, and what the server said is what its reader wants to see.
          if (name !== 'curl') assert.notEqual(code, 0)
        })
      })
    }
  })
}

/** The last answer: what stands in front of it is another answer, or what a tool says. */
function lastJson(text: string): unknown {
  const starts = [...text.matchAll(/^\{/gm)].map(({ index }) => index)
  return JSON.parse(text.slice(starts.at(-1)))
}
