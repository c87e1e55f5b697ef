import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EXIT } from '../../src/cli/exit-code.ts'
import { sampleCode, TEMPLATES } from '../../src/samples/sample-code.ts'
import { postern } from '../fixtures/process.ts'
import { actionNamed } from '../samples/sample-suite.ts'

describe('postern sample', { concurrency: 2 }, () => {
  test('prints the sample, alone, and sends nothing', async () => {
    const words = ['GetDBListFromAgent', '--lang', 'python', '--param', 'TaskId=7', '--param', 'ClientToken=a=b c']
    const { code, stdout, stderr } = await postern(['sample', ...words], {
      env: { POSTERN_ENDPOINT: 'https://one.example' },
    })
    assert.deepEqual([code, stderr], [EXIT.done, ''])
    const parameters = { TaskId: '7', ClientToken: 'a=b c' }
    const action = actionNamed('GetDBListFromAgent')
    assert.equal(stdout, sampleCode(action, { language: 'python', parameters, endpoint: 'https://one.example' }))
  })

  test('--wait, --endpoint, and names in any case', async () => {
    const words = ['creategetdblistfromagenttask', '--lang', 'Go', '--wait', '--endpoint', 'http://two.example:1']
    const { code, stdout } = await postern(['sample', ...words], { env: { POSTERN_ENDPOINT: 'https://one.example' } })
    assert.equal(code, EXIT.done)
    assert.match(stdout, /"two\.example:1"[^]*"CreateGetDBListFromAgentTask"[^]*"GetDBListFromAgent"/)
  })

  test('without an address it is the usual one', async () => {
    const { stdout } = await postern(['sample', 'ListTasks', '--lang', 'curl'], {
      env: { POSTERN_ENDPOINT: undefined },
    })
    assert.match(stdout, /^endpoint=http:\/\/127\.0\.0\.1:7070$/m)
  })

  const MISTAKES: readonly (readonly [line: string, said: string])[] = [
    ['ListTask --lang curl', 'There is no action ListTask. Did you mean ListTasks?'],
    ['Nothing --lang curl', 'There are CreateGetDBListFromAgentTask, '],
    [
      'ListTasks --lang pyton',
      `Did you mean python? It is ${Object.keys(TEMPLATES).slice(0, -1).join(', ')} or postern.`,
    ],
    ['ListTasks', "required option '--lang <language>' not specified"],
    ['GetTask --lang curl --param TaskID=1', 'GetTask has no parameter TaskID. Did you mean TaskId?'],
    ['GetTask --lang curl --param TaskId', '"TaskId" is not KEY=VALUE.'],
    ['GetTask --lang curl --param TaskId=1 --param TaskId=2', 'TaskId is given twice.'],
    ['ListTasks --lang curl --wait', 'ListTasks starts nothing that --wait could wait for.'],
    ['ListTasks --lang curl --endpoint localhost:7070', 'The endpoint begins with http:// or https://.'],
  ]
  for (const [line, said] of MISTAKES) {
    test(`what is wrong is said: ${line}`, async () => {
      const { code, stdout, stderr } = await postern(['sample', ...line.split(' ')])
      assert.deepEqual([code, stdout], [EXIT.usage, ''])
      assert.ok(stderr.includes(said), stderr)
    })
  }
})
