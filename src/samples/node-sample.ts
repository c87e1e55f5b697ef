import { READ_TASK, type SampleRequest, type Template } from './sample-request.ts'
import { KEY_VARIABLES } from './shell-script.ts'
import { textLiteral, utf16Escape } from './text-literal.ts'

const literal = (text: string) => textLiteral(text, { quote: "'", escaped: utf16Escape })

export const nodeSample: Template = {
  title: 'Node',
  file: 'sample.mjs',
  write: (request) => `// Once: npm install @alicloud/openapi-client @alicloud/tea-util
// Then: node sample.mjs, with ${KEY_VARIABLES} set.
import openApi from '@alicloud/openapi-client'
import teaUtil from '@alicloud/tea-util'

const client = new openApi.default(
  new openApi.Config({
    endpoint: ${literal(request.host)},
    protocol: ${literal(request.scheme)},
    accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
    accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
    securityToken: process.env.ALIBABA_CLOUD_SECURITY_TOKEN || undefined,
  }),
)
const runtime = new teaUtil.RuntimeOptions({ connectTimeout: 10000, readTimeout: 40000 })

async function call(action, body) {
  const params = new openApi.Params({
    action,
    version: ${literal(request.version)},
    protocol: ${literal(request.scheme)},
    pathname: '/',
    method: 'POST',
    authType: 'AK',
    style: 'RPC',
    reqBodyType: 'formData',
    bodyType: 'json',
  })
  const answer = await client.callApi(params, new openApi.OpenApiRequest({ body }), runtime)
  return answer.body
}

try {
${steps(request)}} catch (error) {
  console.error(error.message)
  if (error.data?.Recommend) console.error(error.data.Recommend)
  process.exitCode = 1
}
`,
}

function steps({ action, parameters, wait }: SampleRequest): string {
  const lines = parameters
    .map(([name, value]) => `    ${/^\w+$/.test(name) ? name : literal(name)}: ${literal(value)},\n`)
    .join('')
  const create = `  let answer = await call(${literal(action)}, {${lines === '' ? '' : `\n${lines}  `}})\n`
  const print = '  console.log(JSON.stringify(answer, null, 2))\n'
  if (wait === undefined) return create.replace('let', 'const') + print
  return `${create}${print}  const TaskId = String(answer.TaskId)
  for (let round = 0; round < ${wait.rounds}; round++) {
    answer = await call('${READ_TASK}', { TaskId, WaitSeconds: '${wait.seconds}' })
    if (answer.ErrCode !== 'Task.NotFinished') break
  }
${print}`
}
