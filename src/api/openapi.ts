import { VERSION } from '../base/version.ts'
import type { ErrorCode } from '../model/errors.ts'
import { type AnyAction, PRODUCTS } from './action.ts'
import { commonErrors, errorsOf } from './action-errors.ts'
import { type CachedDocument, cachedDocument } from './cached-document.ts'
import { type Parameter, parametersOf, replySchemaOf, speltValue } from './action-fields.ts'
import { commonParameters, commonReplyFields, errorSchema, errorTableOf } from './openapi-common.ts'
import { securityParameters, securitySchemes } from './openapi-security.ts'

/** Every action is on `/`; a fragment is never sent, so it tells the actions apart and changes no request. */
const actionPath = ({ name, version }: Pick<AnyAction, 'name' | 'version'>) => `/#Action=${name}&Version=${version}`

const ABOUT = `Every action is \`GET\` or \`POST\` on \`/\` of the server: \`Action\` and \`Version\` choose it. OpenAPI tells operations apart by their paths, so each has a fragment here, which no client sends.

An operation stands under the method that fits it; the other one works as well, and the parameters of a POST may be in a form body (\`application/x-www-form-urlencoded\`) in place of the query. Every parameter is sent as text. A request is signed in one of two ways: see the security schemes.

Extensions: \`x-postern-action\`, \`x-postern-version\`, \`x-postern-access\` (the access level), \`x-postern-mutates\`, \`x-postern-errors\` (the codes of an operation; \`components.x-postern-errors\` has the meaning and the mend of each).`

/** Made from the declarations alone, but for the address that people use. */
export function openApiDocument(actions: readonly AnyAction[], publicUrl: string): CachedDocument {
  return cachedDocument(openApi(actions, publicUrl))
}

function openApi(actions: readonly AnyAction[], publicUrl: string): object {
  const common = commonErrors(actions)
  const products = [...new Set(actions.map(({ version }) => version))]
  return {
    openapi: '3.1.0',
    info: {
      title: 'Postern',
      version: VERSION,
      summary: 'Lists the databases behind a firewall; compatible with Alibaba Cloud DBS.',
      description: ABOUT,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl.replace(/\/+$/, '') }],
    security: Object.keys(securitySchemes).map((name) => ({ [name]: [] })),
    tags: products.map((version) => ({ name: PRODUCTS[version], description: `Version ${version}.` })),
    paths: Object.fromEntries(actions.map((action) => [actionPath(action), pathItem(action, common)])),
    components: {
      schemas: {
        ...Object.fromEntries(actions.map((action) => [replyName(action), replySchema(action)])),
        Error: errorSchema,
      },
      parameters: { ...commonParameters, ...securityParameters },
      responses: {
        Error: { description: 'The request was not done.', content: inEveryFormat('Error') },
      },
      securitySchemes,
      'x-postern-errors': errorTableOf(actions.flatMap((action) => errorsOf(action, common))),
    },
  }
}

function pathItem(action: AnyAction, common: readonly ErrorCode[]): object {
  const { name, version, access, mutates, summary } = action
  const shared = [...Object.keys(commonParameters), ...Object.keys(securityParameters)]
  const operation = {
    operationId: name,
    tags: [PRODUCTS[version]],
    summary,
    parameters: parametersOf(action).map(parameter),
    responses: {
      '200': { description: 'The answer.', content: inEveryFormat(replyName(action)) },
      default: { $ref: '#/components/responses/Error' },
    },
    'x-postern-action': name,
    'x-postern-version': version,
    'x-postern-access': access,
    'x-postern-mutates': mutates,
    'x-postern-errors': errorsOf(action, common),
  }
  return {
    parameters: [
      fixed('Action', name),
      fixed('Version', version),
      ...shared.map((each) => ({ $ref: `#/components/parameters/${each}` })),
    ],
    [mutates ? 'post' : 'get']: operation,
  }
}

const fixed = (name: string, value: string) => ({
  name,
  in: 'query',
  required: true,
  schema: { type: 'string', const: value },
})

function parameter(each: Parameter): object {
  const { name, schema, required, description, example } = each
  return {
    name,
    in: 'query',
    required,
    description,
    schema: { ...schema, ...(each.default !== '' && { default: speltValue(schema, each.default) }) },
    example: speltValue(schema, example),
    ...(schema.type === 'array' && { style: 'form', explode: false }),
  }
}

const replyName = ({ name }: AnyAction) => `${name}Response`

/** With the fields that every answer has. What an action says of `Success` is about its exception only. */
function replySchema(action: AnyAction): object {
  const { $schema: _, properties = {}, required = [], ...schema } = replySchemaOf(action)
  const { Success: own, ...ownProperties } = properties
  const { description = commonReplyFields.Success.description } = typeof own === 'object' ? own : {}
  const shared = { ...commonReplyFields, Success: { ...commonReplyFields.Success, description } }
  return {
    ...schema,
    properties: { ...shared, ...ownProperties },
    required: [...new Set([...Object.keys(commonReplyFields), ...required])],
    xml: { name: replyName(action) },
  }
}

function inEveryFormat(schema: string): object {
  const content = { schema: { $ref: `#/components/schemas/${schema}` } }
  return { 'application/json': content, 'text/xml': content }
}
