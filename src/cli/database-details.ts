import { z } from 'zod'
import { POSTERN_VERSION } from './actions-called.ts'
import type { Answer, ApiClient } from './api-client.ts'
import { table } from './table.ts'

/** Most of one answer that the action gives. */
const PAGE = '1000'

const detailsPage = z.looseObject({
  Databases: z.object({ Database: z.array(z.looseObject({ Name: z.string() })) }),
  NextToken: z.string().optional(),
})

const shownDatabase = z.object({
  Name: z.string(),
  Owner: z.string().optional(),
  Charset: z.string().optional(),
  State: z.string().optional(),
  ReadOnly: z.boolean().optional(),
  SizeBytes: z.number().optional(),
})
export type ShownDatabase = z.infer<typeof shownDatabase>

/** All that is known of each database that an ended task has found: the pages of DescribeDatabases as one answer. */
export async function askForDetails(client: ApiClient, task: number, system: boolean): Promise<Answer> {
  const params: Record<string, string> = { TaskId: String(task), MaxResults: PAGE }
  if (system) params['IncludeSystemDatabases'] = 'true'
  const all: { Name: string }[] = []
  for (;;) {
    const answer = await client.call('DescribeDatabases', { version: POSTERN_VERSION, params })
    if (!answer.ok) return answer
    const { NextToken, Databases, ...rest } = detailsPage.parse(answer.body)
    all.push(...Databases.Database)
    // A page without a database would never come to an end.
    if (NextToken === undefined || Databases.Database.length === 0)
      return { ...answer, body: { ...rest, Databases: { Database: all } } }
    params['NextToken'] = NextToken
  }
}

export const detailsOf = (answer: Answer): readonly ShownDatabase[] =>
  z.object({ Databases: z.object({ Database: z.array(shownDatabase) }) }).parse(answer.body).Databases.Database

const COLUMNS: readonly (readonly [header: string, cell: (database: ShownDatabase) => string | undefined])[] = [
  ['OWNER', ({ Owner }) => Owner],
  ['CHARSET', ({ Charset }) => Charset],
  ['STATE', ({ State }) => State],
  ['READ ONLY', ({ ReadOnly }) => (ReadOnly === undefined ? undefined : ReadOnly ? 'yes' : 'no')],
  ['SIZE', ({ SizeBytes }) => (SizeBytes === undefined ? undefined : readableBytes(SizeBytes))],
]

/** A column for what is known of any of them; "-" where it is not known of one. */
export function detailsTable(databases: readonly ShownDatabase[]): string {
  const columns = COLUMNS.filter(([, cell]) => databases.some((database) => cell(database) !== undefined))
  return table(
    ['DATABASE', ...columns.map(([header]) => header)],
    databases.map((database) => [database.Name, ...columns.map(([, cell]) => cell(database) ?? '-')]),
  )
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** "512 B", "1.5 MiB": one digit behind the point. */
export function readableBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let [value, unit] = [bytes / 1024, 0]
  // What would round to 1024.0 is one of the next unit.
  for (; value >= 1023.95 && unit < UNITS.length - 1; unit++) value /= 1024
  return `${value.toFixed(1)} ${UNITS[unit]}`
}
