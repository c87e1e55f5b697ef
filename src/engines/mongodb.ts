import type { Document } from 'bson'
import { z } from 'zod'
import { PosternError } from '../model/errors.ts'
import type { ConnectOptions, Endpoint, Engine, EngineSession } from './engine.ts'
import { FIRST_ID, MongodbConnection } from './mongodb-connection.ts'
import { COMMAND_NOT_FOUND, mongodbServerError, refusalOf } from './mongodb-errors.ts'
import { certificateUser, EXTERNAL, mongodbGrants, USUAL_AUTH_SOURCE } from './mongodb-grants.ts'
import { checkUsable, CLIENT_METADATA, type MongodbHello, parseHello } from './mongodb-hello.ts'
import { mongodbMessage, readDocument } from './mongodb-message.ts'
import { ScramLogin, type ScramMechanism } from './mongodb-scram.ts'
import { MongodbSession } from './mongodb-session.ts'
import { readPassword } from './read-password.ts'
import { type ClearQuestion, explainClosing, secureOrExplain } from './whole-port-tls.ts'
import { checkClientCertificate, loginByCertificate } from './mongodb-x509.ts'
import { Wire } from './wire.ts'

/** MongoDB from 3.6 on: a server alone, a member of a replica set, or a router of a sharded cluster; always that one only. */
export const mongodbEngine: Engine = {
  name: 'MongoDB',
  defaultPort: 27_017,
  grantsAre: 'commands',
  maturity: 'preview',
  connect,
  grants: (user, _host, authMechanism) =>
    authMechanism === 'MONGODB-X509' ? [certificateUser(user), ...mongodbGrants(user, EXTERNAL)] : mongodbGrants(user),
}

/** Before the login no answer is larger: the longest is hello of a replica set with 50 members. */
const MOST_BYTES = 256 * 1024
/** Two exchanges, and an empty one where the server wants it. */
const MOST_EXCHANGES = 3
const OP_MSG_AT = 12
const QUESTION: ClearQuestion = {
  bytes: mongodbMessage({ hello: 1, $db: 'admin' }, FIRST_ID),
  isAnswer: (heard) => heard.length >= 16 && heard.readInt32LE(8) === FIRST_ID && heard.readInt32LE(OP_MSG_AT) === 2013,
}
/** https://www.mongodb.com/docs/manual/reference/command/ has no page of the sasl commands; the drivers' specification "auth" has. */
const saslReply = z.object({ conversationId: z.number(), done: z.boolean(), payload: z.instanceof(Uint8Array) })

async function connect(endpoint: Endpoint, options: ConnectOptions): Promise<EngineSession> {
  const wire = await Wire.dial(endpoint, options)
  try {
    if (endpoint.tls.mode === 'verify') await secureOrExplain(wire, options, QUESTION)
    wire.enter('login')
    const connection = new MongodbConnection(wire)
    const byCertificate = endpoint.authMechanism === 'MONGODB-X509'
    if (byCertificate) checkClientCertificate(endpoint)
    const authSource = byCertificate ? EXTERNAL : (endpoint.database ?? USUAL_AUTH_SOURCE)
    const hello = await greet(connection, authSource).catch(async (error: unknown) => {
      throw connection.heard ? error : await explainClosing(error, { endpoint, options })
    })
    checkUsable(hello)
    const password = byCertificate ? '' : await readPassword(wire)
    if (byCertificate) await loginByCertificate(connection)
    else await login(connection, { mechanism: chooseMechanism(hello, endpoint), authSource, password, hello })
    wire.leave()
    return new MongodbSession(connection, { hello, authSource, password })
  } catch (error) {
    wire.close()
    throw error
  }
}

/** Nothing is done with the password before something has answered as a MongoDB does. */
async function greet(connection: MongodbConnection, authSource: string): Promise<MongodbHello> {
  const { wire } = connection
  const about = { client: CLIENT_METADATA, saslSupportedMechs: `${authSource}.${wire.endpoint.user}`, $db: 'admin' }
  let bytes = await connection.ask({ hello: 1, ...about }, MOST_BYTES)
  // Before 4.4.2 it has its older name only; the client is told of once for each connection.
  if (refusalOf(read(wire, bytes))?.code === COMMAND_NOT_FOUND)
    bytes = await connection.ask({ isMaster: 1, ...about }, MOST_BYTES)
  const reply = read(wire, bytes)
  const refusal = refusalOf(reply)
  if (refusal !== undefined)
    throw wire.fail(mongodbServerError(refusal, { user: wire.endpoint.user, password: '', step: 'login' }))
  const hello = parseHello(reply)
  if (hello === undefined) throw wire.failWrongProtocol(bytes)
  return hello
}

/** A server that does not tell the mechanisms of the user is an older one, has no such user, or another product. */
function chooseMechanism({ saslSupportedMechs: offered }: MongodbHello, endpoint: Endpoint): ScramMechanism {
  const allowed: readonly ScramMechanism[] = endpoint.strictLogin ? ['SCRAM-SHA-256'] : ['SCRAM-SHA-256', 'SCRAM-SHA-1']
  const may = allowed.filter((mechanism) => mechanism === (endpoint.authMechanism ?? mechanism))
  // The vendor's specification: without a list it is SHA-1.
  const chosen = offered === undefined ? may.at(-1) : may.find((mechanism) => offered.includes(mechanism))
  if (chosen !== undefined) return chosen
  throw new PosternError('Database.AuthenticationUnsupported', {
    reason: `User "${endpoint.user}" may log in with ${offered?.join(', ').slice(0, 200) ?? 'what the server does not tell'}; the gateway does ${may.length === 0 ? 'no SCRAM-SHA-1' : may.join(' and ')} there.`,
  })
}

interface LoginParts {
  readonly mechanism: ScramMechanism
  readonly authSource: string
  readonly password: string
  readonly hello: MongodbHello
}

async function login(connection: MongodbConnection, parts: LoginParts): Promise<void> {
  const { wire } = connection
  const { mechanism, authSource, password } = parts
  const scram = new ScramLogin(mechanism, wire.endpoint.user)
  const say = (command: Document) => exchange(connection, { ...command, $db: authSource }, parts)
  try {
    const first = await say({
      saslStart: 1,
      mechanism,
      payload: Buffer.from(scram.clientFirst()),
      options: { skipEmptyExchange: true },
    })
    const { conversationId } = first
    const final = await wire.settle(scram.clientFinal(first.text, password))
    let answer = await say({ saslContinue: 1, conversationId, payload: Buffer.from(final) })
    scram.verify(answer.text)
    for (let exchanges = 2; !answer.done; exchanges++) {
      if (exchanges === MOST_EXCHANGES)
        throw new PosternError('Endpoint.WrongProtocol', { reason: 'The login does not end.' })
      answer = await say({ saslContinue: 1, conversationId, payload: Buffer.alloc(0) })
    }
  } catch (error) {
    throw error instanceof PosternError ? wire.fail(error) : error
  }
}

async function exchange(connection: MongodbConnection, command: Document, { password, hello }: LoginParts) {
  const { wire } = connection
  const reply = read(wire, await connection.ask(command, MOST_BYTES))
  const refusal = refusalOf(reply)
  if (refusal !== undefined) {
    const error = mongodbServerError(refusal, { user: wire.endpoint.user, password, step: 'login' })
    // SHA-1 was our guess: where it is switched off, a user without mechanisms is most likely not there.
    const guessed = error.entry === 'Database.AuthenticationUnsupported' && hello.saslSupportedMechs === undefined
    throw guessed ? new PosternError('Database.AuthenticationFailed', { reason: error.message }) : error
  }
  const { data } = saslReply.safeParse(reply)
  if (data === undefined)
    throw new PosternError('Endpoint.WrongProtocol', { reason: 'An answer to the login is none of SASL.' })
  return { ...data, text: Buffer.from(data.payload).toString('utf8') }
}

function read(wire: Wire, bytes: Buffer): Document {
  try {
    return readDocument(bytes)
  } catch (error) {
    throw error instanceof PosternError ? wire.fail(error) : error
  }
}
