import { createSecureContext, TLSSocket } from 'node:tls'
import type { Socket } from 'node:net'
import type { ServerCertificate } from '../fixtures/certificates.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'

export interface ScriptedPostgresql extends AsyncDisposable {
  readonly port: number
  /** Everything that the client sent, in clear and under TLS, in one. */
  received(): Buffer
  readonly accepted: number
}

export interface PostgresqlScript {
  readonly tls?: ServerCertificate
  /** What follows the agreement to TLS in clear. */
  readonly early?: Buffer
  /** Answers to the startup message and to each message after it; they may depend on what came. */
  readonly answers: readonly ((message: Buffer) => Buffer)[]
}

/** One message of the server. */
export function message(type: string, payload: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeUInt32BE(payload.length + 4, 1)
  return Buffer.concat([head, payload])
}

export function authentication(kind: number, data = ''): Buffer {
  const number = Buffer.alloc(4)
  number.writeUInt32BE(kind)
  return message('R', Buffer.concat([number, Buffer.from(data, 'latin1')]))
}

export const failure = (sqlstate: string, words: string) =>
  message('E', Buffer.from(`SFATAL\0VFATAL\0C${sqlstate}\0M${words}\0\0`))

export const READY = message('Z', Buffer.from('I'))

const SSL_REQUEST = 80_877_103

/** A server that says what the test wants: what no real one would. */
export async function startScriptedPostgresql(script: PostgresqlScript): Promise<ScriptedPostgresql> {
  const received: Buffer[] = []
  const server = await startSilentServer((socket) => converse(socket, script, received))
  return {
    port: server.port,
    received: () => Buffer.concat(received),
    get accepted() {
      return server.accepted
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function converse(socket: Socket, script: PostgresqlScript, received: Buffer[]) {
  const answers = [...script.answers]
  const listen = (line: Socket) => {
    line.on('data', (bytes: Buffer) => {
      received.push(bytes)
      if (bytes.length === 8 && bytes.readUInt32BE(4) === SSL_REQUEST) {
        line.write(Buffer.concat([Buffer.from(script.tls === undefined ? 'N' : 'S'), script.early ?? Buffer.alloc(0)]))
        if (script.tls !== undefined) listen(secureServerSide(line, script.tls))
        return
      }
      const answer = answers.shift()
      if (answer !== undefined) line.write(answer(bytes))
    })
  }
  listen(socket)
}

function secureServerSide(raw: Socket, tls: ServerCertificate): TLSSocket {
  raw.removeAllListeners('data')
  raw.pause()
  const secureContext = createSecureContext({ cert: tls.certificate, key: tls.key })
  const secured = new TLSSocket(raw, { isServer: true, secureContext })
  secured.on('error', () => raw.destroy())
  return secured
}
