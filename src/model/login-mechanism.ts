/** The ways to log in to a MongoDB that an endpoint may insist on. */
export const LOGIN_MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'MONGODB-X509'] as const

export type LoginMechanism = (typeof LOGIN_MECHANISMS)[number]
