import { type AnyAction, PRODUCTS } from '../../src/api/action.ts'
import type { ErrorCode } from '../../src/model/errors.ts'
import { REQUEST_ERRORS } from '../../src/model/request-errors.ts'
import { anchorOf, code, GENERATED, table } from './markdown.ts'
import { parametersOf, replyFieldsOf } from './fields.ts'

/** Optional parameters that the example shows besides the required ones. */
const ALSO_SHOWN: readonly string[] = [
  'CreateGetDBListFromAgentTask SourceEndpointIP',
  'CreateGetDBListFromAgentTask SourceEndpointPort',
  'GetDBListFromAgent WaitSeconds',
  'CreateGatewayEnrollment Name',
  'ListTasks TaskStatus',
  'ListTasks CreatedAfter',
  'DescribeDatabases MaxResults',
]

/** Answered outside of the actions, by `POST` on the path of the enrolment. */
const OF_ENROLMENT = 'Enrollment.Refused'

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
    commonCodes(actions)
      .map((entry) => `- ${linkTo(entry)}: ${REQUEST_ERRORS[entry].meaning}`)
      .join('\n'),
    `The actions of Ram and Sts answer ${linkTo('NoPermission')} in place of ${linkTo('Request.Forbidden')}.`,
    '',
  ].join('\n\n')
}

function section(action: AnyAction): string {
  const { name, version, access, mutates, summary, errors } = action
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
        each.type,
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
    ...(name === 'GetDBListFromAgent'
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

/** Codes of requests that no action names as its own. */
function commonCodes(actions: readonly AnyAction[]): readonly (keyof typeof REQUEST_ERRORS)[] {
  const own = new Set<string>([OF_ENROLMENT, ...actions.flatMap(({ errors }) => errors)])
  return requestCodes().filter((entry) => !own.has(entry))
}

function requestCodes() {
  return Object.keys(REQUEST_ERRORS).filter((entry) => isRequestCode(entry))
}

const isRequestCode = (entry: string): entry is keyof typeof REQUEST_ERRORS => Object.hasOwn(REQUEST_ERRORS, entry)

const linkTo = (entry: ErrorCode) => `[${entry}](errors.md#${anchorOf(entry)})`
