import { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { Clock } from '../base/clock.ts'
import { type MessageSocket, webSocketMessages } from './message-socket.ts'
import { LINK_PATH, MAX_FRAME_BYTES } from './messages.ts'
import { connectTo, type Route } from './route.ts'

const HANDSHAKE_MS = 10_000

/** Opens the link of the server at `url`; rejects with the error of the network, at its deadline and with the signal. */
export async function connectWebSocket(
  url: string,
  { route = {}, signal, clock }: { readonly route?: Route; readonly signal: AbortSignal; readonly clock: Clock },
): Promise<MessageSocket> {
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
      maxPayload: MAX_FRAME_BYTES,
      perMessageDeflate: false,
      createConnection: () => connection,
    })
    const abort = () => socket.terminate()
    // Its own time-out would be of a connection that it makes itself: it never ends the wait on one that is given.
    const deadline = clock.after(HANDSHAKE_MS, () => {
      reject(new Error(`the server took the connection and did not answer within ${HANDSHAKE_MS} ms`))
      socket.terminate()
    })
    const settle = () => {
      deadline.cancel()
      signal.removeEventListener('abort', abort)
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.once('error', (error) => {
      settle()
      reject(error)
    })
    socket.once('open', () => {
      settle()
      resolve(webSocketMessages(socket, connection, localAddress))
    })
  })
}
