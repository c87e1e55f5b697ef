import assert from 'node:assert/strict'
import { test } from 'node:test'
import { XMLValidator } from 'fast-xml-parser'
import { z } from 'zod'
import { documentedActions } from '../../src/api/documented-actions.ts'
import { parametersOf } from '../../src/api/action-fields.ts'
import { openApiDocument } from '../../src/api/openapi.ts'
import { toGatewayId, toTaskId } from '../../src/model/ids.ts'
import { type Known, STORY } from './official-calls.ts'
import { OFFICIAL_CLIENTS } from './official-clients.ts'
import { OPENAPI_CLIENTS } from './openapi-client.ts'
import { readOpenApi } from './openapi-document.ts'
import { ORIGINAL_FORMS, ORIGINAL_OPERATIONS, ORIGINAL_TYPOS, originalOperations } from './original-operations.ts'
import { database, runApi, type RunningApi } from './running-api.ts'

const actions = documentedActions()
const { components } = readOpenApi(openApiDocument(actions, 'https://postern.example').text)
const replies = new Map(
  actions.map(({ name }) => [name, z.fromJSONSchema(components.schemas[`${name}Response`] ?? {})]),
)
const optionsOf = ({ url, key }: RunningApi) => ({
  url,
  accessKeyId: key.accessKeyId,
  accessKeySecret: key.secret,
})

/** Parameters of the original that mean nothing here. */
function ignoredOf(action: string): Record<string, string> {
  const form = ORIGINAL_FORMS.find(({ name }) => name === action)
  const declared = actions.find(({ name }) => name === action)
  assert.ok(declared)
  const known = parametersOf(declared).map(({ name }) => name)
  const all = [...(form?.required ?? []), ...(form?.optional ?? [])]
  return Object.fromEntries(all.filter((name) => !known.includes(name)).map((name) => [name, 'cn-hangzhou']))
}

test('the story of the official clients has every action', () => {
  assert.deepEqual(
    STORY.map(({ action, version }) => `${version} ${action}`).toSorted(),
    actions.map(({ name, version }) => `${version} ${name}`).toSorted(),
  )
})

for (const client of OFFICIAL_CLIENTS) {
  const { package: name, signature, form } = client
  test(`row 18: ${name}, ${signature}, ${form}: every action succeeds as the document says, and throws its code`, async () => {
    await using api = await runApi()
    const call = client.open(optionsOf(api))
    const gateway = toGatewayId(await api.addGateway({ region: 'eu-1' }))
    assert.ok(gateway)
    const known: Known = { account: api.account, gateway: String(gateway), task: '', enrollment: '', key: '' }
    for (const { action, version, params, afterwards } of STORY) {
      const answered = await call({ action, version, params: { ...ignoredOf(action), ...params(known) } })
      assert.equal(answered['Success'], true, JSON.stringify(answered))
      const fits = replies.get(action)?.safeParse(JSON.parse(JSON.stringify(answered)))
      assert.deepEqual(fits?.error, undefined, `${action}: ${JSON.stringify(answered)}`)
      known.task = action === 'CreateGetDBListFromAgentTask' ? String(answered['TaskId']) : known.task
      known.enrollment = action === 'CreateGatewayEnrollment' ? String(answered['EnrollmentId']) : known.enrollment
      known.key = action === 'CreateAccessKey' ? keyOf(answered) : known.key
      if (afterwards === 'finish') {
        const task = toTaskId(Number(known.task))
        assert.ok(task)
        await api.finish(gateway, task, [database('crm_中文'), database('we`ird"name', { owner: 'root' })])
      }
    }
    const wrong = client.open({ ...optionsOf(api), accessKeySecret: 'x' })
    for (const action of actions) {
      const { name: failing, version } = action
      const { code, with: failingCall } = failureOf(action, { call, wrong })
      await assert.rejects(failingCall({ action: failing, version, params: {} }), { code }, failing)
    }
  })
}

for (const [name, open] of Object.entries(OPENAPI_CLIENTS)) {
  test(`row 3: ${name}: every action answers in XML, and throws the code of an error in XML`, async () => {
    await using api = await runApi()
    const gateway = toGatewayId(await api.addGateway({ region: 'eu-1' }))
    assert.ok(gateway)
    const [call, wrong] = [open(optionsOf(api)), open({ ...optionsOf(api), accessKeySecret: 'x' })]
    const known: Known = { account: api.account, gateway: String(gateway), task: '', enrollment: '', key: '' }
    for (const { action, version, params, afterwards } of STORY) {
      const query = { ...params(known), Format: 'XML' }
      const text = z.string().parse(await call(action, { query, version, bodyType: 'string' }))
      assert.equal(XMLValidator.validate(text), true, text)
      assert.ok(text.includes(`<${action}Response>`) && text.includes('<Success>true</Success>'), text)
      known.task = action === 'CreateGetDBListFromAgentTask' ? elementOf(text, 'TaskId') : known.task
      known.enrollment = action === 'CreateGatewayEnrollment' ? elementOf(text, 'EnrollmentId') : known.enrollment
      known.key = action === 'CreateAccessKey' ? elementOf(text, 'AccessKeyId') : known.key
      const task = toTaskId(Number(known.task))
      if (afterwards === 'finish' && task !== undefined) await api.finish(gateway, task, [database('crm_中文')])
    }
    for (const action of actions) {
      const { name: failing, version } = action
      const { code, with: failingCall } = failureOf(action, { call, wrong })
      const asked = failingCall(failing, { query: { Format: 'XML' }, version, bodyType: 'string' })
      await assert.rejects(asked, { code }, failing)
    }
  })
}

/** What fails with every action: a parameter that is missing, else a wrong secret. */
function failureOf<C>(action: (typeof actions)[number], clients: { readonly call: C; readonly wrong: C }) {
  const required = parametersOf(action).find((each) => each.required)
  if (required === undefined) return { code: 'SignatureDoesNotMatch', with: clients.wrong }
  return { code: `Missing${required.name}`, with: clients.call }
}

const elementOf = (xml: string, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? ''

test('row 2: operations of the original that are not here are unknown actions', async () => {
  await using api = await runApi()
  const here = new Set(actions.map(({ name, version }) => `${version} ${name}`))
  for (const version of Object.keys(ORIGINAL_OPERATIONS)) {
    assert.ok(version === '2019-03-06' || version === '2015-05-01' || version === '2015-04-01')
    const absent = originalOperations(version).filter((name) => !here.has(`${version} ${name}`))
    for (const name of absent) {
      const { status, body } = await api.call(name, {}, { version })
      assert.deepEqual([status, body['Code']], [404, 'InvalidAction.NotFound'], name)
    }
  }
})

test('row 3: slips of the original’s documents are not in the answers', async () => {
  await using api = await runApi()
  const gateway = toGatewayId(await api.addGateway())
  const params = { BackupGatewayId: String(gateway), DatabaseType: 'MySQL' }
  const { TaskId } = (await api.call('CreateGetDBListFromAgentTask', params)).body
  const call = OPENAPI_CLIENTS['openapi-core']?.(optionsOf(api))
  for (const { action, original, here } of ORIGINAL_TYPOS) {
    const text = String(await call?.(action, { query: { Format: 'XML', TaskId: String(TaskId) }, bodyType: 'string' }))
    assert.ok(text.includes(`<${here}>`) && !text.includes(original), text)
  }
})

function keyOf(answered: unknown): string {
  return z.object({ AccessKey: z.object({ AccessKeyId: z.string() }) }).parse(answered).AccessKey.AccessKeyId
}
