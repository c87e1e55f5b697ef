import type { ListingWarning, Visibility } from '../model/listing.ts'

/** Whether the account sees every database, and what it says when it may not. */
export interface MysqlVisibility {
  readonly visibility: Visibility
  readonly warnings: readonly ListingWarning[]
}

/**
 * The global privileges that reveal every database name: SHOW DATABASES, and all that could be granted on one database.
 * Measured on MariaDB 10.11, one account for each privilege. The administrative ones (PROCESS, FILE, RELOAD, …) reveal nothing.
 */
const REVEALING = new Set([
  'ALL PRIVILEGES',
  'SHOW DATABASES',
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'DROP',
  'REFERENCES',
  'INDEX',
  'ALTER',
  'CREATE TEMPORARY TABLES',
  'LOCK TABLES',
  'EXECUTE',
  'CREATE VIEW',
  'SHOW VIEW',
  'CREATE ROUTINE',
  'ALTER ROUTINE',
  'EVENT',
  'TRIGGER',
  'DELETE HISTORY',
  'DELETE VERSIONING ROWS',
])

/** `grants`: the lines of SHOW GRANTS, undefined where it failed. `currentUser`: as CURRENT_USER() gives it. */
export function visibilityOf(grants: readonly string[] | undefined, currentUser: string | undefined): MysqlVisibility {
  const doubt = doubtOf(grants)
  if (doubt === undefined) return { visibility: 'complete', warnings: [] }
  // SHOW DATABASES is no cure for what was revoked: only the owner of that decision can take it back.
  if (doubt.code === 'MySQL.PartialRevokes')
    return { visibility: doubt.visibility, warnings: [{ code: doubt.code, message: revokedMessage(doubt.what) }] }
  const message = `${doubt.what}: the list may be incomplete. The privilege SHOW DATABASES makes it complete and lets the account read nothing.`
  const grant = currentUser === undefined ? {} : { grant: showDatabasesGrant(currentUser) }
  return { visibility: doubt.visibility, warnings: [{ code: doubt.code, message, ...grant }] }
}

const revokedMessage = (what: string) =>
  `${what}: the list may be incomplete. An account that has SHOW DATABASES and nothing else makes it complete; SHOW GRANTS of this one names what is revoked (partial_revokes).`

function doubtOf(grants: readonly string[] | undefined) {
  if (grants === undefined || grants.length === 0)
    return {
      visibility: 'unknown',
      code: 'MySQL.GrantsNotReadable',
      what: 'The privileges of the account could not be read',
    } as const
  if (!grants.flatMap(globalPrivileges).some((privilege) => REVEALING.has(privilege)))
    return {
      visibility: 'partial',
      code: 'MySQL.ShowDatabasesMissing',
      what: 'Only databases on which the account has some privilege are listed',
    } as const
  // MySQL 8 can take single databases out of a global privilege.
  if (grants.some((line) => line.startsWith('REVOKE ')))
    return {
      visibility: 'unknown',
      code: 'MySQL.PartialRevokes',
      what: 'Some databases are revoked from the account',
    } as const
  return undefined
}

/** The privileges of one line that hold on every database; no line but a GRANT … ON *.* has any. */
export function globalPrivileges(line: string): readonly string[] {
  const match = /^GRANT (.+?) ON \*\.\* TO /.exec(line)
  return match?.[1]?.split(',').map((privilege) => privilege.trim().toUpperCase()) ?? []
}

export const showDatabasesGrant = (account: string) => `GRANT SHOW DATABASES ON *.* TO ${quoteAccount(account)}`

/** As statements want an account, from how CURRENT_USER() spells it, `user@host`: host names hold no @, user names may. */
export function quoteAccount(account: string): string {
  const at = account.lastIndexOf('@')
  const user = at < 0 ? account : account.slice(0, at)
  const host = at < 0 ? '%' : account.slice(at + 1)
  return `${quote(user)}@${quote(host)}`
}

const quote = (name: string) => `\`${name.replaceAll('`', '``')}\``
