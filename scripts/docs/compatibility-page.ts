import { type AnyAction, type ApiVersion, PRODUCTS } from '../../src/api/action.ts'
import { parametersOf, replyFieldsOf } from '../../src/api/action-fields.ts'
import { OFFICIAL_CLIENTS } from '../../test/api/official-clients.ts'
import { OTHER_CLIENTS } from '../../test/clients/other-clients.ts'
import {
  ORIGINAL_FORMS,
  ORIGINAL_TYPOS,
  type OriginalForm,
  originalOperations,
} from '../../test/api/original-operations.ts'
import { anchorOf, code, GENERATED, table } from './markdown.ts'

const CLIENT_TESTS = '[official-client-actions.test.ts](../../test/api/official-client-actions.test.ts)'
const OTHER_CLIENTS_TESTS = '[client-suite.ts](../../test/clients/client-suite.ts)'

/** Made from the lists that the tests of the official clients run over, and from the declarations. */
export function compatibilityPage(actions: readonly AnyAction[]): string {
  const versions = Object.keys(PRODUCTS).filter(isVersion)
  return [
    '# Compatibility',
    GENERATED,
    'For whom the API is compatible, and where it is not the original. Every claim on this page is a line of a list that a test runs over.',
    '## Clients',
    `Each of these, unmodified, calls every action of [the API](api.md) with only the address changed. Each answer fits its schema in \`/openapi.json\`, and a request without a parameter that is needed throws an exception with the documented code: ${CLIENT_TESTS}.`,
    table(
      ['client', 'signature', 'method and place of the parameters'],
      OFFICIAL_CLIENTS.map((client) => [code(client.package), client.signature, client.form]),
    ),
    `In other languages, unmodified too, over plain HTTP and with answers in JSON: each lists a real MariaDB through a gateway with a ClientToken and names of signs that are easily spelt wrong, makes and reads a user (the generated client has DBS only), and throws the documented codes for a task that is not there, a missing parameter and a wrong secret: ${OTHER_CLIENTS_TESTS}, \`npm run test:clients\`.`,
    table(
      ['language', 'client', 'version', 'signature', 'method and place of the parameters'],
      OTHER_CLIENTS.map((client) => [
        client.language,
        code(client.package),
        client.version,
        client.signature,
        `${client.method}, ${client.place}`,
      ]),
    ),
    '## Operations',
    ...versions.flatMap((version) => operations(version, actions)),
    '## What differs in operations of DBS',
    'Compared with all versions of the original’s documents and SDKs together. No field of the original is missing in these answers. A parameter that is added may be left out; one that is ignored may be sent.',
    table(
      ['operation', 'parameters added', 'parameters ignored', 'needed here only', 'needed there only', 'fields added'],
      ORIGINAL_FORMS.map((form) => differences(form, actions)),
    ),
    '## Slips that are not copied',
    table(
      ['operation', 'in documents of the original', 'here'],
      ORIGINAL_TYPOS.map(({ action, original, here }) => [link(action), code(original), code(here)]),
    ),
    '## Rules',
    'What exactly is answered, row by row with the tests of each row: [the contract](contract.md).',
    '',
  ].join('\n\n')
}

function operations(version: ApiVersion, actions: readonly AnyAction[]): readonly string[] {
  const here = actions.filter((action) => action.version === version).map(({ name }) => name)
  const original = originalOperations(version)
  const also = here.filter((name) => !original.includes(name))
  const absent = original.filter((name) => !here.includes(name))
  const common = here.filter((name) => original.includes(name))
  return [
    `### ${PRODUCTS[version]}, version ${version}`,
    ...(common.length > 0 ? [`As on the original: ${common.map(link).join(', ')}.`] : []),
    ...(also.length > 0 ? [`Only here: ${also.map(link).join(', ')}.`] : []),
    ...(absent.length > 0 ? [`Not here, answered with \`InvalidAction.NotFound\`: ${absent.join(', ')}.`] : []),
  ]
}

function differences({ name, required, optional, reply }: OriginalForm, actions: readonly AnyAction[]) {
  const action = actions.find((each) => each.name === name)
  if (action === undefined) throw new Error(`There is no action ${name}.`)
  const parameters = parametersOf(action)
  const names = parameters.map((each) => each.name)
  const needed = parameters.filter((each) => each.required).map((each) => each.name)
  const fields = replyFieldsOf(action).map(({ path }) => path)
  const lost = reply.filter((path) => !fields.includes(path))
  if (lost.length > 0) throw new Error(`${name} does not answer ${lost.join(', ')}.`)
  const common = ['Success', 'ErrCode', 'ErrMessage', ...reply]
  return [
    link(name),
    without(names, [...required, ...optional]),
    without([...required, ...optional], names),
    without(needed, required),
    without(required, needed),
    // What is inside of an added field is added with it.
    without(
      fields.filter((path) => !/[.[]/.test(path) || common.some((each) => path.startsWith(`${each}.`))),
      common,
    ),
  ]
}

const without = (names: readonly string[], known: readonly string[]) =>
  names
    .filter((name) => !known.includes(name))
    .map(code)
    .join(', ')

const isVersion = (text: string): text is ApiVersion => Object.hasOwn(PRODUCTS, text)
const link = (name: string) => `[${name}](api.md#${anchorOf(name)})`
