import { X509Certificate } from 'node:crypto'
import { PosternError } from '../model/errors.ts'
import type { Endpoint } from './engine.ts'
import { EXTERNAL } from './mongodb-grants.ts'
import type { MongodbConnection } from './mongodb-connection.ts'
import { mongodbServerError, refusalOf } from './mongodb-errors.ts'
import { readDocument } from './mongodb-message.ts'

const MOST_BYTES = 256 * 1024

/** Throws where the endpoint lacks what the login needs; the configuration refuses such an endpoint before. */
export function checkClientCertificate({ tls, user }: Endpoint): void {
  if (tls.mode === 'verify' && tls.client !== undefined) return
  throw new PosternError('Database.AuthenticationUnsupported', {
    reason: `User "${user}" logs in with a client certificate: set \`tls.clientCertFile\` and \`tls.clientKeyFile\` of the endpoint.`,
  })
}

/**
 * The certificate that the TLS handshake has shown is the login. https://www.mongodb.com/docs/manual/core/security-x.509/ and
 * the drivers' specification "auth", section MONGODB-X509.
 */
export async function loginByCertificate(connection: MongodbConnection): Promise<void> {
  const { wire } = connection
  const { user, tls } = wire.endpoint
  const command = { authenticate: 1, mechanism: 'MONGODB-X509', user, $db: EXTERNAL }
  const reply = readDocument(await connection.ask(command, MOST_BYTES))
  const refusal = refusalOf(reply)
  if (refusal === undefined) return
  const error = mongodbServerError(refusal, { user, password: '', step: 'login' })
  const shown = tls.mode === 'verify' && tls.client !== undefined ? subjectOf(tls.client.certificate) : 'nobody'
  if (error.entry !== 'Database.AuthenticationFailed') throw wire.fail(error)
  throw wire.fail(
    new PosternError('Database.AuthenticationFailed', {
      reason: `The client certificate is of "${shown}": \`user\` of the endpoint must be that subject, and ${EXTERNAL} have a user of that name. ${error.message}`,
    }),
  )
}

/** As a server names users by their certificates (RFC 2253): the last part first. */
function subjectOf(pem: string): string {
  return new X509Certificate(pem).subject.split('\n').toReversed().join(',').slice(0, 500)
}
