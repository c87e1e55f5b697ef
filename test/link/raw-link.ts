import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { textOf } from '../fixtures/cutting-link.ts'
import { LINK_PATH } from '../../src/link/messages.ts'

const message = z.looseObject({ type: z.string() })
type RawMessage = z.output<typeof message>

/** One side of a link by hand, in plain JSON: it knows no schema of ours, as a side of another version does not. */
export interface RawLink {
  send(message: Record<string, unknown>): void
  /** The next message of this type; others are skipped, pings are not answered. At most 10 s. */
  next(type: string): Promise<RawMessage>
  close(code?: number, reason?: string): void
  readonly open: boolean
  readonly closed: Promise<number>
}

function rawLink(socket: WebSocket): RawLink {
  const arrived: RawMessage[] = []
  let look: (() => void) | undefined
  const { promise: closed, resolve } = Promise.withResolvers<number>()
  socket.on('message', (data) => {
    arrived.push(message.parse(JSON.parse(textOf(data))))
    look?.()
  })
  socket.on('error', () => {})
  socket.on('close', (code: number) => resolve(code))
  return {
    send: (each) => socket.send(JSON.stringify(each)),
    next: (type) =>
      new Promise((found, failed) => {
        const timer = setTimeout(() => failed(new Error(`no ${type} within 10 s`)), 10_000)
        look = () => {
          const index = arrived.findIndex((each) => each.type === type)
          const [first] = index === -1 ? [] : arrived.splice(0, index + 1).slice(-1)
          if (first === undefined) return
          clearTimeout(timer)
          look = undefined
          found(first)
        }
        look()
      }),
    close: (code, reason) => socket.close(code, reason),
    get open() {
      return socket.readyState === WebSocket.OPEN
    },
    closed,
  }
}

export async function dialRaw(url: string): Promise<RawLink> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${LINK_PATH}`)
  const link = rawLink(socket)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return link
}

/** A server by hand: what it says to each connection is the test's. */
export async function startRawServer(onLink: (link: RawLink) => Promise<void>) {
  const http = createServer()
  const server = new WebSocketServer({ server: http, path: LINK_PATH })
  const failures: unknown[] = []
  server.on('connection', (socket) => {
    onLink(rawLink(socket)).catch((error: unknown) => failures.push(error))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    failures,
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate()
      server.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

export const hex = (bytes: number) => randomBytes(bytes).toString('hex')
