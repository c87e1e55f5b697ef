/* A WebSocket server with nothing around it: answers each ping. With the options of ours. */
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { z } from 'zod'

const MAX_FRAME_BYTES = 1024 * 1024
const BACKLOG = 4_096
const ping = z.object({ type: z.literal('ping'), id: z.number() })

const http = createServer()
const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false })
http.on('upgrade', (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on('message', (data: Buffer) => {
      const { id } = ping.parse(JSON.parse(data.toString('utf8')))
      webSocket.send(JSON.stringify({ type: 'pong', id, time: Date.now() }))
    })
    webSocket.on('error', () => webSocket.terminate())
  })
})
http.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: BACKLOG }, () => console.log('listening'))
