import { AsyncLocalStorage } from 'node:async_hooks'
import type { OracleConnection } from 'oracledb'
import { PosternError } from '../model/errors.ts'
import type { GuardedStream } from './guarded-stream.ts'

/** The stream that the login under way may have, once. */
const givenStream = new AsyncLocalStorage<{ stream: GuardedStream | undefined }>()

/**
 * Logs in over the stream. The driver has no option for one, so the method in which it dials is replaced: it takes the stream
 * of the login that it runs in, and a second call, for an address that a server named, fails. Nothing else is ever dialled.
 */
export async function logInOver(
  stream: GuardedStream,
  options: Readonly<Record<string, string | number>>,
): Promise<OracleConnection> {
  const { default: driver } = await import('oracledb')
  const { default: Transport } = await import('oracledb/lib/thin/sqlnet/ntTcp.js')
  if (typeof Transport.prototype.ntConnect !== 'function')
    throw new PosternError('Internal', { reason: 'This version of oracledb dials in another way than the known one.' })
  Transport.prototype.ntConnect = takeStream
  return givenStream.run({ stream }, () => driver.getConnection(options))
}

function takeStream(this: { stream: unknown; connected: boolean }): Promise<void> {
  const given = givenStream.getStore()
  const stream = given?.stream
  if (given === undefined || stream === undefined)
    return Promise.reject(new PosternError('Endpoint.NotAllowed', { reason: 'The driver wanted to dial by itself.' }))
  given.stream = undefined
  this.stream = stream
  this.connected = true
  stream.start()
  return Promise.resolve()
}
