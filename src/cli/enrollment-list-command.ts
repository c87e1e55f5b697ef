import type { Command } from 'commander'
import { z } from 'zod'
import { POSTERN_VERSION } from './actions-called.ts'
import { type ApiClient, type ConnectionOptions, createApiClient, withConnection } from './api-client.ts'
import { choiceOption } from './choice-option.ts'
import { apiFailure } from './api-failure.ts'
import { jsonText } from './json-text.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'

const MAX_PAGE = '100'

const listed = z.object({
  EnrollmentId: z.string(),
  Status: z.string(),
  Name: z.string().optional(),
  Region: z.string(),
  CreatedAt: z.string(),
  CreatedBy: z.string(),
  ExpiresAt: z.string(),
  BackupGatewayId: z.number().optional(),
})
const enrollmentPage = z.object({
  Enrollments: z.object({ Enrollment: z.array(z.unknown()) }),
  NextToken: z.string().optional(),
})

export function addEnrollmentListCommand(enrollment: Command, terminal: Terminal): void {
  withConnection(enrollment.command('list'))
    .summary('list the enrolments, newest first')
    .description('Prints open, used and expired enrolments; they are removed soon after the time at which they expire.')
    .addOption(choiceOption('--output <form>', 'form of the list', ['table', 'json']).default('table'))
    .addHelpText('after', '\nExamples:\n  postern enrollment list\n  postern enrollment list --output json')
    .action(async (options: ConnectionOptions & { output: string }) => {
      const enrollments = await readEnrollments(await createApiClient(options, terminal.env))
      if (options.output === 'json') return terminal.out(jsonText(enrollments))
      const rows = enrollments.map((each) => rowOf(listed.parse(each)))
      const header = ['ID', 'STATUS', 'NAME', 'REGION', 'CREATED', 'BY', 'EXPIRES', 'GATEWAY']
      terminal.out(`${table(header, rows)}\n`)
    })
}

async function readEnrollments(client: ApiClient): Promise<readonly unknown[]> {
  const enrollments: unknown[] = []
  let token: string | undefined
  for (;;) {
    const params = { MaxResults: MAX_PAGE, ...(token !== undefined && { NextToken: token }) }
    const answer = await client.call('ListGatewayEnrollments', { version: POSTERN_VERSION, params })
    if (!answer.ok) throw apiFailure(answer)
    const { Enrollments, NextToken } = enrollmentPage.parse(answer.body)
    enrollments.push(...Enrollments.Enrollment)
    // Each page begins behind the one before, so that the pages end with the enrolments.
    if (NextToken === undefined) return enrollments
    token = NextToken
  }
}

const rowOf = (each: z.infer<typeof listed>) => [
  each.EnrollmentId,
  each.Status,
  each.Name ?? '',
  each.Region,
  each.CreatedAt,
  each.CreatedBy,
  each.ExpiresAt,
  each.BackupGatewayId === undefined ? '' : String(each.BackupGatewayId),
]
