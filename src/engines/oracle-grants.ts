import type { Grant } from './engine.ts'

/** As it stands in a statement: a plain name is taken in upper case by the server, any other needs its quotes. */
export function oracleIdentifier(user: string): string {
  if (/^[A-Za-z][\w$#]*$/.test(user) || /^"[^"]+"$/.test(user)) return user
  return `"${user.replaceAll('"', '""')}"`
}

const createSessionGrant = (user: string) => `GRANT CREATE SESSION TO ${oracleIdentifier(user)}`
export const viewGrant = (view: 'v_$pdbs' | 'v_$database', user: string) =>
  `GRANT SELECT ON sys.${view} TO ${oracleIdentifier(user)}`
/** Oracle Database SQL Language Reference, ALTER USER, container_data_clause: only in the root, for a common user. */
export const containerDataGrant = (user: string) =>
  `ALTER USER ${oracleIdentifier(user)} SET CONTAINER_DATA=ALL CONTAINER=CURRENT`

export function oracleGrants(user: string): readonly Grant[] {
  return [
    { statement: createSessionGrant(user), why: 'Lets the user log in.' },
    { statement: viewGrant('v_$database', user), why: 'Tells the role of the database and whether it is open.' },
    { statement: viewGrant('v_$pdbs', user), why: 'Lists the pluggable databases and nothing in them.' },
    {
      statement: containerDataGrant(user),
      why: 'In the root: without it a common user sees no container but the root.',
    },
  ]
}
