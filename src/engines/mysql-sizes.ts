import { globalPrivileges, quoteAccount } from './mysql-visibility.ts'
import type { MissingSizes } from './engine.ts'

/**
 * Names beside it, because a database without tables has no row there. A table that somebody rebuilds has no length: the second
 * number counts them, and such a database has no size.
 */
export const SIZES = `SELECT SCHEMA_NAME, NULL, NULL FROM information_schema.SCHEMATA
UNION ALL SELECT TABLE_SCHEMA, SUM(DATA_LENGTH + INDEX_LENGTH), SUM(TABLE_TYPE NOT LIKE '%VIEW' AND DATA_LENGTH IS NULL)
FROM information_schema.TABLES GROUP BY TABLE_SCHEMA`

/** What shows every table in information_schema.TABLES; with less, a sum would leave out tables unseen. */
const SHOWING = new Set([
  'ALL PRIVILEGES',
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'DROP',
  'REFERENCES',
  'INDEX',
  'ALTER',
  'SHOW VIEW',
  'TRIGGER',
])

/** Why no size can be told truly, or undefined. `grants`: the lines of SHOW GRANTS, undefined where it failed. */
export function sizesNotVisible(
  grants: readonly string[] | undefined,
  account: string | undefined,
): MissingSizes | undefined {
  if (!(grants ?? []).flatMap(globalPrivileges).some((privilege) => SHOWING.has(privilege)))
    return {
      reason:
        'The account does not see all tables. The privilege REFERENCES shows their sizes and lets it read nothing.',
      ...(account !== undefined && { grant: `GRANT REFERENCES ON *.* TO ${quoteAccount(account)}` }),
    }
  // MySQL 8 can take single databases out of a global privilege.
  if (grants?.some((line) => line.startsWith('REVOKE ')))
    return { reason: 'Some databases are revoked from the account, so it may not see all tables' }
  return undefined
}

/** Adds one row of the statement to what is known; undefined stands for a size that is not. */
export function addSizeRow(sizes: Map<string, number | undefined>, [name, sum, unknown]: readonly unknown[]): void {
  if (typeof name !== 'string') return
  if (sum === null && unknown === null) sizes.set(name, 0)
  else sizes.set(name, Number(unknown) === 0 ? Number(sum ?? 0) : undefined)
}
