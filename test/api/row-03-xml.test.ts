import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as check, property, string } from 'fast-check'
import { XMLParser } from 'fast-xml-parser'
import { z } from 'zod'
import { isXmlText, xmlDocument } from '../../src/api/xml-document.ts'
import { toTaskId } from '../../src/model/ids.ts'
import { database, type RunningApi, runApi } from './running-api.ts'
import { xmlCall } from './xml-call.ts'

const parser = new XMLParser({ parseTagValue: false, trimValues: false, isArray: (name) => name === 'dbName' })
const listed = z.object({ R: z.object({ DbList: z.object({ dbName: z.array(z.string()) }) }) })

async function list(api: RunningApi, databases: readonly ReturnType<typeof database>[]) {
  const gateway = await api.addGateway()
  const created = await xmlCall(api, 'CreateGetDBListFromAgentTask', {
    BackupGatewayId: String(gateway),
    DatabaseType: 'MySQL',
  })
  const TaskId = /<TaskId>(\d+)<\/TaskId>/.exec(created.text)?.[1] ?? ''
  const task = toTaskId(Number(TaskId))
  assert.ok(task, created.text)
  const pending = await xmlCall(api, 'GetDBListFromAgent', { TaskId })
  await api.finish(gateway, task, databases)
  return { TaskId, created, pending, read: await xmlCall(api, 'GetDBListFromAgent', { TaskId }) }
}

test('row 3: every answer of every action in XML: the type, the root, lists as repeated elements', async () => {
  await using api = await runApi()
  const { created, pending, read } = await list(api, [database('crm_中文'), database('a<b>&"\'c')])
  const head =
    /<RequestId>[0-9A-F-]{36}<\/RequestId><HttpStatusCode>200<\/HttpStatusCode><Success>(true|false)<\/Success>/
  for (const [answer, root] of [
    [created, 'CreateGetDBListFromAgentTaskResponse'],
    [pending, 'GetDBListFromAgentResponse'],
    [read, 'GetDBListFromAgentResponse'],
    [await xmlCall(api, 'DescribeBackupGatewayList', {}), 'DescribeBackupGatewayListResponse'],
    [await xmlCall(api, 'DescribeRegions', {}), 'DescribeRegionsResponse'],
    [await xmlCall(api, 'CreateGatewayEnrollment', { Version: '2026-12-01' }), 'CreateGatewayEnrollmentResponse'],
  ] as const) {
    assert.equal(answer.status, 200)
    assert.equal(answer.contentType, 'text/xml;charset=utf-8')
    const begin = `<?xml version="1.0" encoding="UTF-8"?>\n<${root}><RequestId>`
    assert.ok(answer.text.startsWith(begin), answer.text)
    assert.match(answer.text, head)
    assert.ok(answer.text.endsWith(`</${root}>`))
  }
  assert.match(pending.text, /<ErrCode>Task\.NotFinished<\/ErrCode>.*<DbList\/>/)
  assert.match(
    read.text,
    /<DbList><dbName>a&lt;b&gt;&amp;"'c<\/dbName><dbName>crm_中文<\/dbName><\/DbList>.*<Warnings\/>/,
  )
})

test('row 3: errors in XML, and in JSON where the format is not known yet', async () => {
  await using api = await runApi()
  const error = await xmlCall(api, 'GetDBListFromAgent', { TaskId: '1' })
  assert.deepEqual([error.status, error.contentType], [404, 'text/xml;charset=utf-8'])
  assert.match(
    error.text,
    /^<\?xml [^>]+>\n<Error><RequestId>[0-9A-F-]{36}<\/RequestId><HostId>[^<]+<\/HostId><Code>Task\.NotFound<\/Code><Message>[^<]+<\/Message><Recommend>[^<]+<\/Recommend><Success>false<\/Success><HttpStatusCode>404<\/HttpStatusCode><ErrCode>Task\.NotFound<\/ErrCode><ErrMessage>[^<]+<\/ErrMessage><\/Error>$/,
  )
  const missing = await fetch(`${api.url}/?Format=xml`, { headers: { connection: 'close' } })
  assert.match(await missing.text(), /<Error>.*<Code>MissingAction<\/Code>/)
  for (const path of ['/nowhere?Format=XML', '/?Format=XML&Format=JSON', '/?Format=XML&a=%zz', '/?Format=YAML']) {
    const response = await fetch(`${api.url}${path}`, { headers: { connection: 'close' } })
    assert.equal(response.headers.get('content-type'), 'application/json;charset=utf-8', path)
    assert.match(await response.text(), /^\{"RequestId"/)
  }
})

test('row 3: an empty list is an empty element, one name is one element', async () => {
  await using api = await runApi()
  assert.match((await list(api, [])).read.text, /<DbList\/>/)
  assert.match((await list(api, [database('')])).read.text, /<DbList><dbName\/><\/DbList>/)
  assert.match((await list(api, [database('a')])).read.text, /<DbList><dbName>a<\/dbName><\/DbList>/)
})

test('row 3: what XML cannot hold becomes U+FFFD with a warning; bytes that are not UTF-8 have it in JSON too', async () => {
  await using api = await runApi()
  const odd = 'bell\u0007 \uFFFE'
  const control = await list(api, [database('fine'), database(odd)])
  assert.match(control.read.text, /<dbName>bell\uFFFD \uFFFD<\/dbName><dbName>fine<\/dbName>/)
  assert.match(control.read.text, /<Warnings><Warning><Code>Names\.NotExact<\/Code><Message>One name is not exact/)
  const json = await api.call('GetDBListFromAgent', { TaskId: control.TaskId })
  assert.deepEqual(json.body['DbList'], { dbName: [odd, 'fine'] })
  assert.deepEqual(json.body['Warnings'], { Warning: [] })

  const bytes = [database('caf\uFFFD', { nameBase64: 'Y2Fm6Q==' }), database('x\uFFFD', { nameBase64: 'eOk=' })]
  const latin = await list(api, [...bytes, database('sys\uFFFD', { nameBase64: 'eOk=', system: true })])
  assert.match(latin.read.text, /<Code>Names\.NotExact<\/Code><Message>2 names are not exact/)
  const warnings = (await api.call('GetDBListFromAgent', { TaskId: latin.TaskId })).body['Warnings']
  assert.match(JSON.stringify(warnings), /^\{"Warning":\[\{"Code":"Names\.NotExact","Message":"2 names are/)
})

test('row 3: every text comes back from XML as it was, but for what XML cannot hold', () => {
  check(
    property(array(string({ unit: 'binary' }), { minLength: 1 }), (names) => {
      const text = xmlDocument('R', { DbList: { dbName: names } })
      assert.ok(isXmlText(text))
      const whole = listed.parse(parser.parse(text.replaceAll('&#13;', '\u00b6')))
      const legal = names.map((name) =>
        Array.from(name, (char) => (isXmlText(char) ? char : '\uFFFD'))
          .join('')
          .replaceAll('\r', '\u00b6'),
      )
      assert.deepEqual(whole.R.DbList.dbName, legal)
    }),
  )
})
