import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { createTurns } from '../base/turns.ts'
import { callerAddress } from '../model/caller-address.ts'
import { createDoorkeeper, type LinkHost } from './doorkeeper.ts'
import { webSocketMessages } from './message-socket.ts'
import { CLOSE, LINK_PATH, MAX_FRAME_BYTES, MAX_FRAME_BYTES_BEFORE_PROOF } from './messages.ts'

/** Of hello and proof; the rest is what frames and pings add. */
const MAX_BYTES_BEFORE_PROOF = 2 * MAX_FRAME_BYTES_BEFORE_PROOF + 4096
/** How long gateways may take to say goodbye when the server stops. */
const CLOSE_MS = 1_000

export interface LinkListener extends AsyncDisposable {
  /** Connections that are proven. */
  readonly size: number
}

/** Takes the upgrade requests on LINK_PATH of an HTTP server; others are refused. */
export function listenForLinks(
  parts: { http: Server; host: LinkHost; clock: Clock; log: Log; expected?: number },
  callerOf = callerAddress(() => false),
): LinkListener {
  const { http, host, clock, log, expected = 0 } = parts
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: true,
  })
  let accepted = 0
  const count = () => {
    accepted++
  }
  // Node accepts one connection in a round: where a round is long, callers of the API wait behind all gateways that come back.
  const turns = () => {
    let seen = accepted
    return createTurns(() => {
      const before = seen
      seen = accepted
      return seen !== before
    })
  }
  const doorkeeper = createDoorkeeper({ host, clock, log, expected, turns })

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Nothing here may keep the request: the connection may last for months.
    socket.on('error', destroy)
    const refusal = refuse(request, doorkeeper.full)
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    void take(request, socket, head)
  }
  const take = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const address = callerOf(request)
    await doorkeeper.turn()
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Only here: what is no WebSocket's handshake never comes this far.
      limitBeforeProof(webSocket, socket)
      void doorkeeper.welcome(webSocketMessages(webSocket, socket), address)
    })
  }

  http.on('connection', count)
  http.on('upgrade', onUpgrade)
  return {
    get size() {
      return doorkeeper.proven
    },
    async [Symbol.asyncDispose]() {
      http.off('connection', count)
      http.off('upgrade', onUpgrade)
      // What was said last is read before the end; who does not answer is cut.
      for (const socket of sockets.clients) socket.close(CLOSE.goingAway, 'the server stops')
      const cut = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate()
      }, CLOSE_MS)
      await new Promise<void>((resolve) => sockets.close(() => resolve()))
      clearTimeout(cut)
    },
  }
}

function refuse(request: IncomingMessage, isFull: boolean): string | undefined {
  if (request.url?.split('?', 1)[0] !== LINK_PATH) return '404 Not Found'
  // Only browsers send Origin, and no page has any business here.
  if (request.headers.origin !== undefined) return '403 Forbidden'
  if (isFull) return '503 Service Unavailable'
  return undefined
}

/** Also of a frame that never ends: thousands who say nothing of use must not fill the memory. */
function limitBeforeProof(socket: WebSocket, raw: Duplex): void {
  let messages = 0
  let arrived = 0
  const limit = (data: RawData) => {
    const bytes = Array.isArray(data) ? data.reduce((sum, part) => sum + part.length, 0) : data.byteLength
    if (bytes > MAX_FRAME_BYTES_BEFORE_PROOF) return socket.terminate()
    // hello and proof; what follows is proven.
    if (++messages < 2) return
    socket.off('message', limit)
    raw.off('data', count)
  }
  const count = (data: Uint8Array) => {
    arrived += data.length
    if (arrived > MAX_BYTES_BEFORE_PROOF) socket.terminate()
  }
  socket.on('message', limit)
  raw.on('data', count)
}

function destroy(this: Duplex): void {
  this.destroy()
}
