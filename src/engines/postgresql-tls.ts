import { PosternError } from '../model/errors.ts'
import { postgresqlServerError } from './postgresql-errors.ts'
import type { Wire } from './wire.ts'
import { wrongProtocol } from './wrong-protocol.ts'

/** Length 8 and the code 80877103. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const YES = 0x53
const NO = 0x4e
const ERROR = 0x45

/** Asks for TLS before anything else is sent; without it nothing is. */
export async function secureOrRefuse(wire: Wire): Promise<void> {
  wire.enter('tls')
  wire.write(SSL_REQUEST)
  const answer = await wire.hear(1)
  if (answer.length === 1 && answer[0] === NO && !wire.probed) throw wire.fail(new PosternError('Endpoint.TlsRefused'))
  if (answer[0] === ERROR && answer[1] === 0) throw wire.fail(await errorBeforeTls(wire))
  // One byte and no more: what follows it in clear would count as said under TLS.
  if (answer.length !== 1 || answer[0] !== YES) throw wire.failWrongProtocol(answer)
  if (wire.probed) throw wire.timedOut()
  wire.take()
  await wire.secure()
}

/** A server that cannot start a session, such as one without memory, says so in the place of its answer. */
async function errorBeforeTls(wire: Wire): Promise<PosternError> {
  const start = await wire.hear(5)
  const length = start.readUInt32BE(1)
  if (length > 4096) return wrongProtocol(start)
  const message = await wire.hear(1 + length)
  const fields = new Map(
    message
      .toString('utf8', 5, 1 + length)
      .split('\0')
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  )
  return postgresqlServerError(
    { sqlstate: fields.get('C') ?? 'unknown', message: fields.get('M') ?? '' },
    { user: wire.endpoint.user },
  )
}
