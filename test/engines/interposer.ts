import { connect, createServer, type Socket } from 'node:net'

/** Where the conversation stops being a good one. */
export type Place =
  | { readonly afterBytes: number }
  /** `lengthOf` tells the first message's length where enough of it is there. */
  | { readonly afterMessages: number; readonly lengthOf: (bytes: Buffer) => number | undefined }

/** Between a client and a good server: from a place on, something else talks to the client. */
export interface Interposer extends AsyncDisposable {
  readonly port: number
  /** What the good server said over all connections, in bytes; in messages, where they are told apart. */
  readonly bytes: number
  readonly messages: number
  /** What clients said after the place was reached, and what was sent to them from there on. */
  heard(): Buffer
  readonly sent: number
}

/** What talks in the good server's place: `next` is what that one would say now, `said` what it answers. */
export type Hostile = (
  speak: (bytes: Buffer) => boolean,
  socket: Socket,
  heard: { readonly next: Buffer; readonly said: Buffer },
) => void

/** More than this nobody reads. */
const MOST_SENT = 1024 * 1024 * 1024

export async function startInterposer(target: number, place: Place, hostile: Hostile): Promise<Interposer> {
  const count = { bytes: 0, messages: 0, sent: 0 }
  const heard: Buffer[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ host: '127.0.0.1', port: target, noDelay: true })
    client.setNoDelay(true)
    sockets.add(client)
    let pending: Buffer = Buffer.alloc(0)
    let said: Buffer = Buffer.alloc(0)
    let passed = 0
    let turned = false
    const speak = (bytes: Buffer) => {
      count.sent += bytes.length
      if (count.sent > MOST_SENT) client.destroy()
      return !client.destroyed && client.write(bytes)
    }
    const turn = (next: Buffer) => {
      turned = true
      hostile(speak, client, { next, said })
    }
    client.on('data', (chunk) => {
      said = chunk
      if (turned) heard.push(chunk)
      else upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      count.bytes += chunk.length
      if (turned) return
      if ('afterBytes' in place) {
        const left = Math.max(0, place.afterBytes - passed)
        client.write(chunk.subarray(0, left))
        passed += Math.min(left, chunk.length)
        if (passed >= place.afterBytes) turn(chunk.subarray(left))
        return
      }
      pending = Buffer.concat([pending, chunk])
      for (;;) {
        const length = place.lengthOf(pending)
        if (length === undefined || length > pending.length || length <= 0) return
        const message = pending.subarray(0, length)
        if (passed >= place.afterMessages) return turn(message)
        pending = pending.subarray(length)
        passed++
        count.messages++
        client.write(message)
      }
    })
    client.on('end', () => upstream.end())
    upstream.on('end', () => {
      if (!turned) client.end()
    })
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    client.on('close', () => {
      sockets.delete(client)
      upstream.destroy()
    })
    if ('afterBytes' in place && place.afterBytes === 0) turn(Buffer.alloc(0))
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(0, '127.0.0.1', () => listening.resolve())
  await listening.promise
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get bytes() {
      return count.bytes
    },
    get messages() {
      return count.messages
    },
    get sent() {
      return count.sent
    },
    heard: () => Buffer.concat(heard),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
    },
  }
}
