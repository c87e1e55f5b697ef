import type { Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { ServerCertificate } from '../fixtures/certificates.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'

export interface ScriptedMysql extends AsyncDisposable {
  readonly port: number
  /** Everything that the client sent, in clear and under TLS, in one. */
  received(): Buffer
}

export interface MysqlScript {
  readonly tls?: ServerCertificate
  /** "8.4.3" unless given. */
  readonly version?: string
  /** Plugin of the greeting. */
  readonly plugin?: string
  /** Payloads that answer the client's packets from the handshake response on: one each, or several at once. */
  readonly answers: readonly (Buffer | readonly Buffer[])[]
  /** Payloads that answer a statement, once `answers` has no more. */
  readonly statement?: (sql: string) => readonly Buffer[]
  /** Sent in clear directly behind the greeting. */
  readonly early?: Buffer
}

export const OK = Buffer.from([0, 0, 0, 2, 0, 0, 0])
export const switchTo = (plugin: string, data: Buffer = Buffer.alloc(21, 0x41)) =>
  Buffer.concat([Buffer.from([0xfe]), Buffer.from(`${plugin}\0`), data])
export const moreData = (...bytes: number[]) => Buffer.from([1, ...bytes])

/** An error packet. */
export const refusal = (errno: number, words: string) =>
  Buffer.concat([Buffer.from([0xff, errno & 0xff, errno >> 8]), Buffer.from(`#42000${words}`)])

/** The packets of a result of texts, numbers being texts too; null is NULL. */
export function resultOf(rows: readonly (readonly (string | null)[])[], columns: number): readonly Buffer[] {
  const end = Buffer.from([0xfe, 0, 0, 2, 0])
  const names = ['def', '', '', '', 'c', 'c'].map(lengthEncoded)
  // utf8mb4, 1024 bytes, a VARCHAR, no flags.
  const column = Buffer.concat([...names, Buffer.from([0x0c, 45, 0, 0, 4, 0, 0, 0xfd, 0, 0, 0, 0, 0])])
  const packets = rows.map((row) =>
    Buffer.concat(row.map((text) => (text === null ? Buffer.from([0xfb]) : lengthEncoded(text)))),
  )
  return [Buffer.from([columns]), ...Array.from({ length: columns }, () => column), end, ...packets, end]
}

/** Up to 250 bytes. */
function lengthEncoded(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}

const COM_QUERY = 3
const CLIENT_SSL = 0x0800
const PLUGIN_AUTH = 0x0008_0000
const SECURE_CONNECTION = 0x8000
const PROTOCOL_41 = 0x0200

/** A server that says what the test wants: what no real one on this machine would ask for. */
export async function startScriptedMysql(script: MysqlScript): Promise<ScriptedMysql> {
  const received: Buffer[] = []
  const server = await startSilentServer((socket) => {
    const greeting = packet(0, greetingOf(script))
    socket.write(script.early === undefined ? greeting : Buffer.concat([greeting, script.early]))
    converse(socket, script, received)
  })
  return {
    port: server.port,
    received: () => Buffer.concat(received),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function converse(socket: Socket, script: MysqlScript, received: Buffer[]) {
  const answers = [...script.answers]
  let pending = Buffer.alloc(0)
  const listen = (line: Socket) => {
    line.on('data', (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes])
      while (pending.length >= 4 && pending.length >= 4 + pending.readUIntLE(0, 3)) {
        const length = pending.readUIntLE(0, 3)
        const sql = pending[4] === COM_QUERY ? pending.toString('utf8', 5, 4 + length) : undefined
        const sequence = pending[3] ?? 0
        const wantsTls = length === 32 && sequence === 1 && (pending.readUInt16LE(4) & CLIENT_SSL) !== 0
        received.push(pending.subarray(0, 4 + length))
        pending = pending.subarray(4 + length)
        if (wantsTls && script.tls !== undefined) {
          const secured = secureServerSide(line, { hello: pending, tls: script.tls })
          pending = Buffer.alloc(0)
          listen(secured)
          break
        }
        const answer = answers.shift() ?? (sql === undefined ? undefined : script.statement?.(sql))
        const payloads = Buffer.isBuffer(answer) ? [answer] : (answer ?? [])
        line.write(Buffer.concat(payloads.map((payload, index) => packet((sequence + 1 + index) % 256, payload))))
      }
    })
  }
  listen(socket)
}

/** `hello`: what of the client's TLS came together with its wish for it. */
function secureServerSide(raw: Socket, { hello, tls }: { hello: Buffer; tls: ServerCertificate }): TLSSocket {
  raw.removeAllListeners('data')
  raw.pause()
  if (hello.length > 0) raw.unshift(hello)
  const secureContext = createSecureContext({ cert: tls.certificate, key: tls.key })
  const secured = new TLSSocket(raw, { isServer: true, secureContext })
  secured.on('error', () => raw.destroy())
  return secured
}

function packet(sequence: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(4)
  header.writeUIntLE(payload.length, 0, 3)
  header[3] = sequence
  return Buffer.concat([header, payload])
}

function greetingOf(script: MysqlScript): Buffer {
  const capabilities = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH | 1 | (script.tls === undefined ? 0 : CLIENT_SSL)
  const numbers = Buffer.alloc(4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10)
  numbers.fill(0x41, 4, 12)
  numbers.writeUInt16LE(capabilities & 0xffff, 13)
  numbers[15] = 45
  numbers.writeUInt16LE(2, 16)
  numbers.writeUInt16LE(capabilities >>> 16, 18)
  numbers[20] = 21
  const plugin = `${script.plugin ?? 'mysql_native_password'}\0`
  return Buffer.concat([
    Buffer.from(`\x0a${script.version ?? '8.4.3'}\0`),
    numbers,
    Buffer.alloc(12, 0x42),
    Buffer.from(`\0${plugin}`),
  ])
}
