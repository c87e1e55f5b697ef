import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { documentedActions } from '../../src/api/documented-actions.ts'
import { openApiDocument } from '../../src/api/openapi.ts'
import {
  canWaitForList,
  isSampleLanguage,
  sampleCode,
  type SampleLanguage,
  TEMPLATES,
} from '../../src/samples/sample-code.ts'
import { SampleError } from '../../src/samples/sample-request.ts'
import { readOpenApi } from '../api/openapi-document.ts'
import { parseOnly } from '../cli/program-tree.ts'
import { calledWith } from './called-with.ts'
import { runNodeSample } from './run-node-sample.ts'
import { actionNamed } from './sample-suite.ts'

const GOLDEN = join(import.meta.dirname, 'golden')
const LANGUAGES = Object.keys(TEMPLATES).filter(isSampleLanguage)
const CREATE = actionNamed('CreateGetDBListFromAgentTask')
const KEY = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' }

const SHAPES = {
  plain: (language: SampleLanguage) =>
    sampleCode(actionNamed('UpdateGateway'), {
      language,
      parameters: { Name: 'O\'Hara\'s "数据库"\n$HOME \\ `id`' },
      endpoint: 'https://postern.example.net',
    }),
  wait: (language: SampleLanguage) =>
    sampleCode(CREATE, {
      language,
      parameters: { DatabaseType: 'MySQL', ClientToken: 'once' },
      endpoint: 'http://127.0.0.1:7070/',
      waitForList: true,
    }),
}

for (const language of LANGUAGES) {
  for (const [shape, write] of Object.entries(SHAPES)) {
    test(`the sample of ${language} is what was looked at: ${shape}`, () => {
      const file = join(GOLDEN, `${language}-${shape}.txt`)
      if (process.env['POSTERN_WRITE_GOLDEN'] === 'yes') {
        mkdirSync(GOLDEN, { recursive: true })
        writeFileSync(file, write(language))
      }
      const hint = `Look at what changed; POSTERN_WRITE_GOLDEN=yes writes ${file}.`
      assert.ok(write(language) === readFileSync(file, 'utf8'), hint)
    })
  }
}

test('there is a sample of every action in every language, from /openapi.json alone', () => {
  const { operations } = readOpenApi(openApiDocument(documentedActions(), 'https://postern.example').text)
  assert.ok(operations.length > 30)
  for (const { operation } of operations) {
    const action = {
      name: operation.operationId,
      version: operation['x-postern-version'],
      parameters: operation.parameters,
    }
    for (const language of LANGUAGES) {
      const code = sampleCode(action, { language, parameters: {}, endpoint: 'http://127.0.0.1:7070' })
      for (const { name, required } of action.parameters) {
        if (required) assert.ok(code.includes(name), `${action.name} ${language} ${name}`)
      }
      assert.ok(code.includes(action.name) && code.endsWith('\n') && !/[ \t]+$/m.test(code), code)
    }
  }
})

test('every command of Postern that a sample runs or tells is taken by the real parser', async () => {
  let told = 0
  for (const { name } of documentedActions()) {
    const action = actionNamed(name)
    const parameters = Object.fromEntries(action.parameters.map((each) => [each.name, String(each.example)]))
    const samples = [{ parameters: {} }, { parameters }, { parameters: {}, waitForList: canWaitForList(action) }]
    for (const each of samples) {
      const code = sampleCode(action, { language: 'postern', endpoint: 'http://h:1', ...each })
      const calls = calledWith('postern', code.replace(/^# (?=postern )/m, ''))
      assert.ok(calls.length > 0, code)
      for (const words of calls) {
        if (words[0] !== 'call') told++
        await assert.doesNotReject(parseOnly(words), `${name}: postern ${words.join(' ')}`)
      }
    }
  }
  assert.ok(told >= 9, `${told} commands of their own`)
})

test('required parameters that are not given have the example of the declaration, others are left out', () => {
  const code = sampleCode(actionNamed('DescribeBackupGatewayList'), {
    language: 'postern',
    parameters: { Identifier: '1,2' },
    endpoint: 'http://h',
  })
  assert.ok(code.includes('DescribeBackupGatewayList Identifier=1,2\n'), code)
  const create = sampleCode(CREATE, { language: 'postern', parameters: {}, endpoint: 'http://h' })
  assert.match(create, /BackupGatewayId=\d+ +(\\\n +)?DatabaseType=MySQL\n/)
  const list = { name: 'Do', version: '2026-12-01', parameters: [{ name: 'Ids', required: true, example: [1, 2] }] }
  assert.ok(sampleCode(list, { language: 'postern', parameters: {}, endpoint: 'http://h' }).includes('Do Ids=1,2\n'))
})

test('only the action that starts a task can be waited for', () => {
  const waitForList = true
  const options = { language: 'curl', parameters: {}, endpoint: 'http://h', waitForList } as const
  assert.throws(() => sampleCode(actionNamed('ListTasks'), options), SampleError)
  assert.deepEqual([canWaitForList(CREATE), canWaitForList({ name: 'ListTasks' })], [true, false])
})

const rounds = (parameters: Record<string, string>) =>
  /range\((\d+)\)/.exec(
    sampleCode(CREATE, { language: 'python', parameters, endpoint: 'http://h', waitForList: true }),
  )?.[1]

test('the rounds cover both deadlines of the task', () => {
  assert.equal(rounds({}), '8')
  assert.equal(rounds({ DeliveryTimeoutSeconds: '3600', ExecutionTimeoutSeconds: '10' }), '183')
  assert.equal(rounds({ DeliveryTimeoutSeconds: '99999', ExecutionTimeoutSeconds: 'x' }), '185')
})

/** The aliyun tool with one answer for each question: what is printed, and how often it was asked. */
const runShell = (last: object) => {
  const answers = `case $2 in Create*) echo '{ "TaskId": 42 }' ;; *) echo '${JSON.stringify(last)}' ;; esac`
  const script = `aliyun() {\n  echo "$*" >&2\n  ${answers}\n}\n${SHAPES.wait('aliyun')}`
  const env = { PATH: process.env['PATH'], ...KEY }
  const { stdout, stderr } = spawnSync('sh', ['-s'], { input: script, encoding: 'utf8', env, timeout: 20_000 })
  return {
    stdout,
    reads: stderr.split('\n').filter((line) => /^postern GetDBListFromAgent .*--TaskId=42/.test(line)),
  }
}

test('a sample of the shell asks until the task has ended, and no longer', () => {
  const ended = runShell({ Success: true, DbList: { dbName: ['Task.NotFinished'] } })
  assert.deepEqual([ended.reads.length, /"dbName":\["Task\.NotFinished"\]/.test(ended.stdout)], [1, true])
  assert.equal(runShell({ ErrCode: 'Task.NotFinished', DbList: { dbName: [] } }).reads.length, 8)
})

test('a sample of Node asks until the task has ended', async () => {
  const open = { ErrCode: 'Task.NotFinished' }
  const { sent, printed } = await runNodeSample(SHAPES.wait('node'), [
    { TaskId: 42 },
    open,
    open,
    { Success: true },
    open,
  ])
  const read = { TaskId: '42', WaitSeconds: '20' }
  assert.deepEqual(sent.slice(1), [read, read, read])
  assert.deepEqual(JSON.parse(printed.at(-1) ?? ''), { Success: true })
})
