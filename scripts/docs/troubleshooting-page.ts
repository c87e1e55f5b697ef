import { ERRORS, isDiscoveryErrorCode } from '../../src/model/errors.ts'
import { anchorOf, GENERATED, table } from './markdown.ts'
import { IN_THE_FILE, NOT_FAILED, TRIED, type TroubleCase } from './troubleshooting-cases.ts'

export function troubleshootingPage(): string {
  return [
    '# When something is wrong',
    GENERATED,
    'On the machine of the gateway, `postern gateway check --config gateway.yaml` logs in to every endpoint and lists its databases as the gateway would. It needs no server and no enrolment. It shows the steps `configuration`, `resolve`, `connect`, `tls`, `login`, `privilege` and `list`, each with its time, says at which one an endpoint fails, and how to mend it. The exit code is 0 where every list is complete, 1 where an endpoint failed or its list may be incomplete, and 2 where the file or the command is wrong. An endpoint that is a range of addresses is skipped unless `--endpoint NAME --host ADDRESS` names one of them. `postern config check gateway.yaml` looks at the file alone.',
    'Every line below is made by a test on real servers, those of MongoDB, Oracle and SQL Server on stand-ins for them; `{…}` stands for what is particular to a set-up.',
    '## An endpoint that fails',
    table(['what is wrong', 'step', 'what it says', 'to mend'], Object.values<TroubleCase>(TRIED).map(row)),
    '## An endpoint that works in part, or was not tried',
    table(['what is wrong', 'step', 'what it says', 'to mend'], Object.values<TroubleCase>(NOT_FAILED).map(row)),
    '## Mistakes in the file',
    'Each begins with the file, the line and the column, and all are told at once.',
    table(
      ['what is wrong', 'what it says'],
      Object.values<TroubleCase>(IN_THE_FILE).map(({ setUp, says }) => [setUp, literal(says)]),
    ),
    '## JSON',
    `With \`--output json\` the answer is one object on standard output. Fields may be added, none is changed.`,
    ['```json', JSON.stringify(EXAMPLE, null, 2), '```'].join('\n'),
    [
      '- `result`: `complete`, `partial`, `unknown` (see [Users and grants](least-privilege.md)), `failed` or `skipped`; a skipped one has a `reason` and no steps.',
      '- `status` of a step: `ok`, `warning`, `failed`, `not reached`, or `skipped` where the endpoint does not need it. `ms` is there where the step was begun.',
      "- `databases` counts the engine's own, too. It and `server` are there where the databases were listed.",
      '- `mend` is advice, or the statement to run.',
    ].join('\n'),
    '',
  ].join('\n\n')
}

/** Checked against what the command prints by test/e2e/gateway-check.test.ts. */
export const EXAMPLE = {
  configuration: '/etc/postern/gateway.yaml',
  warnings: [],
  endpoints: [
    {
      name: 'MariaDB@10.0.0.5:3306',
      engine: 'MariaDB',
      host: '10.0.0.5',
      port: 3306,
      result: 'partial',
      steps: [
        { name: 'configuration', status: 'ok', ms: 2 },
        { name: 'resolve', status: 'ok', ms: 0 },
        { name: 'connect', status: 'ok', ms: 1 },
        { name: 'tls', status: 'ok', ms: 4 },
        { name: 'login', status: 'ok', ms: 2 },
        { name: 'privilege', status: 'warning', ms: 3 },
        { name: 'list', status: 'ok', ms: 1 },
      ],
      problems: [
        {
          step: 'privilege',
          code: NOT_FAILED['missing grant'].at.code,
          message: NOT_FAILED['missing grant'].says,
          mend: 'GRANT SHOW DATABASES ON *.* TO `postern`@`10.0.0.9`',
        },
      ],
      server: { product: 'MariaDB', version: '10.11.14-MariaDB', role: 'primary' },
      databases: 1,
    },
  ],
}

function row({ setUp, at, says, mend }: TroubleCase): readonly string[] {
  const known = at !== undefined && isDiscoveryErrorCode(at.code) ? at.code : undefined
  const link = known === undefined ? at?.code : `[${known}](../reference/errors.md#${anchorOf(known)})`
  const what = link === undefined ? literal(says) : `${link}: ${literal(says)}`
  return [setUp, at?.step ?? '', what, known === undefined ? literal(mend ?? '') : ERRORS[known].mend]
}

/** A text with backticks in it stands between double ones. */
const literal = (text: string) => (text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``)
