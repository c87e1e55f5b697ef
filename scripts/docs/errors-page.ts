import type { AnyAction } from '../../src/api/action.ts'
import { DISCOVERY_ERRORS } from '../../src/model/discovery-errors.ts'
import type { ErrorEntry } from '../../src/model/error-entry.ts'
import { RAM_ERRORS } from '../../src/model/ram-errors.ts'
import { REQUEST_ERRORS } from '../../src/model/request-errors.ts'
import { anchorOf, GENERATED } from './markdown.ts'

export function errorsPage(actions: readonly AnyAction[]): string {
  return [
    '# Error codes',
    GENERATED,
    'Programs branch on the code; the message is for people and may change. `{…}` stands for what is particular to the request. A server has each of these texts at `/errors/CODE` too, and all of them at `/errors.json`; errors link to the page of its console about their code.',
    '## Of a request',
    'The request was not done. The HTTP status is the one shown.',
    ...Object.entries(REQUEST_ERRORS).map(([code, entry]) =>
      section(code, { ...entry, of: actionsWith(code, actions) }),
    ),
    '## Of access management',
    'Users, AccessKeys and policies: the codes and statuses of RAM.',
    ...Object.entries(RAM_ERRORS).map(([code, entry]) => section(code, { ...entry, of: actionsWith(code, actions) })),
    '## Of a discovery',
    '`GetDBListFromAgent` answers these as `ErrCode`: the task ended without a list, or has not ended yet. The message adds what is particular to the task.',
    ...Object.entries(DISCOVERY_ERRORS).map(([code, entry]) => section(code, { ...entry, of: [] })),
    '',
  ].join('\n\n')
}

function section(code: string, entry: ErrorEntry & { readonly of: readonly string[] }): string {
  const { status, message, meaning, mend, of } = entry
  const links = of.map((name) => `[${name}](api.md#${anchorOf(name)})`)
  return [
    `### ${code}`,
    `HTTP ${status}. \`${message.replaceAll('`', "'")}\``,
    `${meaning}${links.length > 0 ? ` Of ${links.join(', ')}.` : ''}`,
    `What to do: ${mend}`,
  ].join('\n\n')
}

const actionsWith = (code: string, actions: readonly AnyAction[]) =>
  actions.filter(({ errors }) => errors.some((each) => each === code)).map(({ name }) => name)
