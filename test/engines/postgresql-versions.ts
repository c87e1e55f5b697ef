import * as z from 'zod'
import { findPostgresql, type PostgresqlProgram, postgresqlIn } from '../fixtures/postgresql.ts'

/** Set by `npm run test:engines`, which fetches them (scripts/setup/postgresql-versions.mjs). */
export const VERSIONS_VARIABLE = 'POSTERN_TEST_POSTGRESQL_VERSIONS'

export const versionsSchema = z.object({
  folders: z.array(z.string()),
  /** Why there are none. */
  missing: z.string().optional(),
})

/** Versions of PostgreSQL besides that of this machine; nothing where the variable is not set, as in `npm test`. */
export function postgresqlVersions(): { readonly programs: readonly PostgresqlProgram[]; readonly missing?: string } {
  const variable = process.env[VERSIONS_VARIABLE]
  if (variable === undefined) return { programs: [] }
  const { folders, missing } = versionsSchema.parse(JSON.parse(variable))
  const programs = folders.map((folder) => {
    const program = postgresqlIn(folder)
    if (program === undefined) throw new Error(`${folder} holds no PostgreSQL that runs here`)
    return program
  })
  const own = findPostgresql()?.version
  const others = programs.filter(({ version }) => version !== own)
  return { programs: others, ...(missing === undefined ? {} : { missing }) }
}
