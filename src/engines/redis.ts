import { VERSION } from '../base/version.ts'
import type { ListingWarning } from '../model/listing.ts'
import type { ConnectOptions, Endpoint, Engine, EngineSession } from './engine.ts'
import { readPassword } from './read-password.ts'
import { aclStatement, redisGrant } from './redis-acl.ts'
import { RedisConnection } from './redis-connection.ts'
import { firstWord, isDenied, redisServerError } from './redis-errors.ts'
import { RedisSession } from './redis-session.ts'
import { redisCommand } from './redis-reply.ts'
import { type ClearQuestion, explainClosing, secureOrExplain } from './whole-port-tls.ts'
import { Wire } from './wire.ts'

/** Redis, Valkey and what else speaks RESP2. */
export const redisEngine: Engine = {
  name: 'Redis',
  maturity: 'stable',
  defaultPort: 6379,
  grantsAre: 'commands',
  connect,
  grants: (user) => [
    { statement: redisGrant(user), why: 'Tells which databases hold keys and lets the user read none of them.' },
  ],
}

const QUESTION: ClearQuestion = {
  bytes: redisCommand(['PING']),
  isAnswer: (heard) => /^(\+PONG|-[A-Z]+ )/.test(heard.toString('latin1', 0, 64)),
}
/** The user that every server has; before version 6 the only one. */
const DEFAULT_USER = 'default'
/** What a server says to PING before the login, besides PONG and what is a refusal for good. */
const BEFORE_LOGIN = new Set(['NOAUTH', 'NOPERM', 'ERR', 'LOADING'])

async function connect(endpoint: Endpoint, options: ConnectOptions): Promise<EngineSession> {
  const wire = await Wire.dial(endpoint, options)
  try {
    if (endpoint.tls.mode === 'verify') await secureOrExplain(wire, options, QUESTION)
    wire.enter('login')
    const connection = new RedisConnection(wire)
    await recognise(connection).catch(async (error: unknown) => {
      throw await explainClosing(error, { endpoint, options })
    })
    const password = await readPassword(wire)
    await login(connection, password)
    const warnings = await checkReady(connection, password)
    // So that a DBA who lists the clients knows whose this is; a user who may not is as good.
    await connection.ask('CLIENT', 'SETNAME', `postern-gateway/${VERSION}`)
    wire.leave()
    return new RedisSession(connection, { password, warnings })
  } catch (error) {
    wire.close()
    throw error
  }
}

/** Nothing gets the password before it has answered as a Redis does. */
async function recognise(connection: RedisConnection): Promise<void> {
  const { wire } = connection
  const reply = await connection.ask('PING')
  if (!reply.refused) {
    if (reply.text !== 'PONG') throw wire.failWrongProtocol(Buffer.from(`+${reply.text}`))
    return
  }
  const error = redisServerError(reply, { user: wire.endpoint.user, password: '', step: 'login' })
  if (error.entry === 'Database.TooManyConnections' || firstWord(reply) === 'DENIED') throw wire.fail(error)
  if (!BEFORE_LOGIN.has(firstWord(reply))) throw wire.failWrongProtocol(Buffer.from(`-${reply.text}`))
}

async function login(connection: RedisConnection, password: string): Promise<void> {
  const { user } = connection.wire.endpoint
  // A server without a password refuses every AUTH.
  if (user === DEFAULT_USER && password === '') return
  // Before version 6 AUTH takes the password alone.
  const reply = await connection.ask('AUTH', ...(user === DEFAULT_USER ? [] : [user]), password)
  if (reply.refused) throw connection.wire.fail(redisServerError(reply, { user, password, step: 'login' }))
  if (reply.text !== 'OK') throw connection.wire.failWrongProtocol(Buffer.from(`+${reply.text}`))
}

/** While a server reads its data from disk it logs people in, and INFO tells only what has been read so far. */
async function checkReady(connection: RedisConnection, password: string): Promise<readonly ListingWarning[]> {
  const { wire } = connection
  const { user } = wire.endpoint
  const reply = await connection.ask('PING')
  if (!reply.refused) return []
  if (!isDenied(reply)) throw wire.fail(redisServerError(reply, { user, password, step: 'login' }))
  return [
    {
      code: 'Redis.PingNotAllowed',
      message:
        'The user may not run PING, so a list from a server that is still loading its data cannot be told apart.',
      grant: aclStatement(user, ['+ping']),
    },
  ]
}
