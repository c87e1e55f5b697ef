import { type AnyAction, PRODUCTS } from '../../src/api/action.ts'
import { commonErrors } from '../../src/api/action-errors.ts'
import { type Parameter, parametersOf, replyFieldsOf } from '../../src/api/action-fields.ts'
import { type ErrorCode, ERRORS } from '../../src/model/errors.ts'
import { anchorOf, code, GENERATED, table } from './markdown.ts'

/** Optional parameters that the example shows besides the required ones. */
const ALSO_SHOWN: readonly string[] = [
  'CreateGetDBListFromAgentTask SourceEndpointIP',
  'CreateGetDBListFromAgentTask SourceEndpointPort',
  'GetDBListFromAgent WaitSeconds',
  'CreateGatewayEnrollment Name',
  'UpdateGateway Name',
  'ListTasks TaskStatus',
  'ListTasks CreatedAfter',
  'DescribeDatabases MaxResults',
  'ListGateways BackupGatewayStatus',
  'GetStatistics Minutes',
  'ListAuditEvents EventOutcome',
  'ListAuditEvents StartTime',
  'TestPolicy UserName',
  'TestPolicy Conditions',
]

export function apiPage(actions: readonly AnyAction[]): string {
  return [
    '# The API',
    GENERATED,
    `A request is \`GET\` or \`POST\` on \`/\` of the server: \`Action\`, \`Version\`, the parameters below, and the signature that official clients make. [What exactly is answered](contract.md) has the rules, [the error codes](errors.md) what to do about each.`,
    'Every answer has `RequestId` and `HttpStatusCode`; a success has `Success: true` unless the table says otherwise, an error has `Code` and `Message` ([row 18](contract.md#row-18)).',
    'The examples take the address from `POSTERN_ENDPOINT` and the key from `ALIBABA_CLOUD_ACCESS_KEY_ID` and `ALIBABA_CLOUD_ACCESS_KEY_SECRET`.',
    table(
      ['action', 'version', 'access level', 'what it does'],
      actions.map((action) => [
        `[${action.name}](#${anchorOf(action.name)})`,
        action.version,
        action.access,
        action.summary,
      ]),
    ),
    ...actions.map(section),
    '## Errors of every action',
    'Besides its own, every action can answer these:',
    commonErrors(actions)
      .map((entry) => `- ${linkTo(entry)}: ${ERRORS[entry].meaning}`)
      .join('\n'),
    `The actions of Ram and Sts answer ${linkTo('NoPermission')} in place of ${linkTo('Request.Forbidden')}.`,
    '',
  ].join('\n\n')
}

function section(action: AnyAction): string {
  const { name, version, access, mutates, summary, errors, answersDiscoveryErrors = false } = action
  const parameters = parametersOf(action)
  const own = errors.map(linkTo)
  return [
    `## ${name}`,
    summary,
    `Product ${PRODUCTS[version]}, version \`${version}\`. Access level \`${access}\`. ${mutates ? 'Changes something.' : 'Only reads.'}`,
    '### Parameters',
    table(
      ['name', 'type', 'required', 'default', 'what it is', 'example'],
      parameters.map((each) => [
        code(each.name),
        typeOf(each),
        each.required ? 'yes' : 'no',
        each.default === '' ? '' : code(each.default),
        each.description,
        code(each.example),
      ]),
    ),
    '### Answer',
    table(
      ['field', 'type', 'always there', 'what it is'],
      replyFieldsOf(action).map((each) => [code(each.path), each.type, each.always ? 'yes' : 'no', each.description]),
    ),
    own.length > 0
      ? `Errors: ${own.join(', ')}, and [those of every action](#errors-of-every-action).`
      : 'Errors: only [those of every action](#errors-of-every-action).',
    ...(answersDiscoveryErrors
      ? [
          'A task that failed is answered with HTTP 400 and one of [the codes of a discovery](errors.md#of-a-discovery).',
        ]
      : []),
    `\`\`\`sh\n${exampleCall(action)}\n\`\`\``,
  ].join('\n\n')
}

function exampleCall(action: AnyAction): string {
  const shown = parametersOf(action).filter(
    ({ name, required }) => required || ALSO_SHOWN.includes(`${action.name} ${name}`),
  )
  return ['bin/postern call', action.name, ...shown.map(({ name, example }) => `${name}=${quoted(example)}`)].join(' ')
}

const quoted = (text: string) => (/^[\w.:,-]+$/.test(text) ? text : `'${text}'`)

const typeOf = ({ schema }: Parameter) => (schema.type === 'array' ? 'list' : schema.type)
const linkTo = (entry: ErrorCode) => `[${entry}](errors.md#${anchorOf(entry)})`
