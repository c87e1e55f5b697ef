import type { Grant } from './engine.ts'

/** Where users are kept unless the endpoint's `database` says otherwise. */
export const USUAL_AUTH_SOURCE = 'admin'
/** Where users without a password of their own are kept. */
export const EXTERNAL = '$external'
const ROLE = 'posternLister'

/**
 * Lines for mongosh. The privilege is the action `listDatabases` on the cluster, and the role has nothing else:
 * https://www.mongodb.com/docs/manual/reference/privilege-actions/ and …/reference/method/db.createRole/.
 */
export function mongodbGrants(user: string, authSource = USUAL_AUTH_SOURCE): readonly Grant[] {
  const role = `{ role: "${ROLE}", privileges: [{ resource: { cluster: true }, actions: ["listDatabases"] }], roles: [] }`
  const given = `[{ role: "${ROLE}", db: "admin" }]`
  return [
    {
      statement: `db.getSiblingDB("admin").createRole(${role})`,
      why: 'A role that shows the names of all databases and lets nobody read one.',
    },
    {
      statement: `db.getSiblingDB(${quoted(authSource)}).grantRolesToUser(${quoted(user)}, ${given})`,
      why: 'Gives the role to the user.',
    },
  ]
}

/** Who logs in by a certificate is made by its subject: https://www.mongodb.com/docs/manual/tutorial/configure-x509-client-authentication/. */
export const certificateUser = (user: string): Grant => ({
  statement: `db.getSiblingDB("${EXTERNAL}").createUser({ user: ${quoted(user)}, roles: [] })`,
  why: 'The user is the subject of its certificate and has no password; leave this out where it is there.',
})

/** Both in one line, as a warning carries them. */
export const mongodbGrantLine = (user: string, authSource?: string) =>
  mongodbGrants(user, authSource)
    .map(({ statement }) => statement)
    .join('; ')

/** A string of JavaScript: JSON's are. */
const quoted = (text: string) => JSON.stringify(text)
