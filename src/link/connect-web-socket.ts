import { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { type MessageSocket, webSocketMessages } from './message-socket.ts'
import { LINK_PATH, MAX_FRAME_BYTES } from './messages.ts'
import { connectTo, type Route } from './route.ts'

const HANDSHAKE_MS = 10_000

/** Opens the link of the server at `url`; rejects with the error of the network, at its deadline and with the signal. */
export async function connectWebSocket(url: string, route: Route, signal: AbortSignal): Promise<MessageSocket> {
  const address = `${url.replace(/^http/, 'ws').replace(/\/$/, '')}${LINK_PATH}`
  if (signal.aborted) throw new Error('the gateway stops')
  const connection = await connectTo(new URL(url), route, signal)
  const localAddress = connection instanceof Socket ? connection.localAddress : undefined
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      connection.destroy()
      return reject(new Error('the gateway stops'))
    }
    const socket = new WebSocket(address, {
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      createConnection: () => connection,
    })
    const abort = () => socket.terminate()
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', (error) => {
      signal.removeEventListener('abort', abort)
      reject(error)
    })
    socket.once('open', () => {
      signal.removeEventListener('abort', abort)
      resolve(webSocketMessages(socket, localAddress))
    })
  })
}
