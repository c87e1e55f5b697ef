import type { ListingWarning, Visibility } from '../model/listing.ts'

/** What the server says of itself and of the login, in one row; null where it does not tell. */
export interface SqlserverFacts {
  readonly version: string | null
  readonly engineEdition: number | null
  readonly viewsAnyDatabase: number | null
  readonly database: string | null
}

/** SERVERPROPERTY('EngineEdition') of Azure SQL Database, which shows only master the others. */
export const AZURE_SQL_DATABASE = 5

export interface SqlserverVisibility {
  readonly visibility: Visibility
  readonly warnings: readonly ListingWarning[]
}

/** Without VIEW ANY DATABASE a login sees master, tempdb and what it owns. `facts`: undefined where they could not be read. */
export function visibilityOf(facts: SqlserverFacts | undefined, user: string): SqlserverVisibility {
  if (facts?.engineEdition === AZURE_SQL_DATABASE) return visibilityOnAzure(facts)
  if (facts?.viewsAnyDatabase === 1) return { visibility: 'complete', warnings: [] }
  const partial = facts?.viewsAnyDatabase === 0
  const what = partial
    ? 'Only master, tempdb and databases that the login owns are listed'
    : 'Whether the login may see every database could not be found out'
  const message = `${what}: the list may be incomplete. The permission VIEW ANY DATABASE makes it complete and lets the login read nothing.`
  const code = partial ? 'MSSQL.ViewAnyDatabaseMissing' : 'MSSQL.PermissionsNotReadable'
  return {
    visibility: partial ? 'partial' : 'unknown',
    warnings: [{ code, message, grant: viewAnyDatabaseGrant(user) }],
  }
}

function visibilityOnAzure({ database }: SqlserverFacts): SqlserverVisibility {
  if (database !== 'master')
    return {
      visibility: 'partial',
      warnings: [
        {
          code: 'MSSQL.NotMaster',
          message:
            'Azure SQL Database shows all databases only in master: log in there, without `database:` in the configuration of the endpoint.',
        },
      ],
    }
  const message =
    'Azure SQL Database has no permission that could be asked for: whether the login sees every database is not known.'
  return { visibility: 'unknown', warnings: [{ code: 'MSSQL.AzureSqlDatabase', message }] }
}

/** Exact and runnable for any name of a login. */
export const viewAnyDefinitionGrant = (user: string) => `GRANT VIEW ANY DEFINITION TO [${user.replaceAll(']', ']]')}]`
export const viewAnyDatabaseGrant = (user: string) => `GRANT VIEW ANY DATABASE TO [${user.replaceAll(']', ']]')}]`
