import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { LINK_PATH } from '../../src/link/messages.ts'
import { proofPayload } from '../../src/link/payloads.ts'
import { fingerprintOf, toGatewayId, toServerId } from '../../src/model/ids.ts'
import type { Fleet } from '../../test/fixtures/light-fleet.ts'
import { serveParent } from '../child.ts'

const setup = z.object({
  url: z.string(),
  /** Addresses of this machine that the connections come from, in turns. */
  addresses: z.array(z.string()),
  /** Without it the server asks for no proof. */
  fleet: z.object({ server: z.string(), members: z.array(z.object({ id: z.number(), key: z.string() })) }).optional(),
})
const request = z.union([
  z.object({ connect: z.int() }),
  z.object({ count: z.literal('from now on') }),
  z.object({ close: z.literal('all') }),
])
const fromServer = z.union([
  z.object({ type: z.literal('challenge'), nonce: z.string() }),
  z.object({ type: z.literal('welcome') }),
  z.object({ type: z.literal('pong'), id: z.number() }),
])

const PING_EVERY_MS = 15_000
/** A server that is slow turns away what is over 200 handshakes at a time. */
const AT_ONCE = 32
const TRIES = 20
const AGAIN_MS = 500
const CONNECT_MS = 30_000

function identityOf({ server, members }: Fleet, index: number) {
  const { id, key: text } = members[index] ?? { id: 0, key: '' }
  const gateway = toGatewayId(id)
  if (gateway === undefined) throw new Error(`there is no gateway ${index}`)
  const key = createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' })
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { server: toServerId(server), gateway, key, fingerprint: fingerprintOf(raw) }
}

/** Many connections that do nothing but ping, with as little work as it takes. */
serveParent((given) => {
  const { url, addresses, fleet } = setup.parse(given)
  const open = new Set<WebSocket>()
  let begun = 0
  let lost = 0
  /** Of the pings that were sent since the count began. */
  let sent = 0
  let countedFrom = 0
  let roundTrips: number[] = []

  const connect = (index: number) =>
    new Promise<void>((resolve, reject) => {
      const localAddress = addresses[index % addresses.length]
      const identity = fleet && identityOf(fleet, index)
      const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${LINK_PATH}`, {
        perMessageDeflate: false,
        handshakeTimeout: CONNECT_MS,
        ...(localAddress !== undefined && { localAddress }),
      })
      const late = setTimeout(() => fail(new Error('not welcome in time')), CONNECT_MS)
      let pinged = 0
      let pingedAt = 0
      let answered: { answered: number; rttMs: number } | undefined
      let timer: NodeJS.Timeout | undefined
      const say = (message: unknown) => socket.send(JSON.stringify(message))
      const fail = (error: Error) => {
        clearTimeout(late)
        socket.terminate()
        reject(error)
      }
      const ping = () => {
        pingedAt = performance.now()
        if (pingedAt > countedFrom) sent++
        say({ type: 'ping', id: ++pinged, time: Date.now(), ...answered })
      }
      const welcome = () => {
        clearTimeout(late)
        open.add(socket)
        // As gateways that came at their own times: not all at one moment.
        timer = setTimeout(() => {
          ping()
          timer = setInterval(ping, PING_EVERY_MS)
        }, Math.random() * PING_EVERY_MS)
        resolve()
      }
      const prove = (nonce: string) => {
        if (identity === undefined) return
        const { server, gateway, key, fingerprint } = identity
        const payload = proofPayload({ server, nonce, gateway, instance, key: fingerprint, nextKey: undefined })
        say({ type: 'proof', signature: sign(null, payload, key).toString('base64') })
      }
      const instance = randomBytes(16).toString('hex')
      const hello = () =>
        say({
          type: 'hello',
          protocol: { min: 1, max: 1 },
          version: '0.1.0',
          capabilities: [],
          gateway: identity?.gateway,
          instance,
          key: identity?.fingerprint,
          hostname: `idle-${index}`,
          localAddress,
        })
      socket.on('open', () => (identity === undefined ? welcome() : hello()))
      socket.on('message', (data: Buffer) => {
        const message = fromServer.parse(JSON.parse(data.toString('utf8')))
        if (message.type === 'challenge') return prove(message.nonce)
        if (message.type === 'welcome') {
          say({ type: 'ready', instance, capacity: { total: 8, perEndpoint: 1 }, engines: ['MySQL'], holding: [] })
          return welcome()
        }
        const ms = performance.now() - pingedAt
        answered = { answered: message.id, rttMs: Math.round(ms) }
        if (pingedAt > countedFrom) roundTrips.push(ms)
      })
      socket.on('error', fail)
      socket.on('close', (code, reason) => {
        clearTimeout(timer)
        clearInterval(timer)
        if (open.delete(socket)) lost++
        fail(new Error(`the server closed the connection: ${code} ${reason.toString()}`))
      })
    })

  const connectAtLast = async (index: number) => {
    for (let tries = 1; ; tries++) {
      try {
        return await connect(index)
      } catch (error) {
        if (tries === TRIES) throw error
        await sleep(AGAIN_MS)
      }
    }
  }
  const connectTo = async (count: number) => {
    const lane = async () => {
      while (begun < count) await connectAtLast(begun++)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  }

  return Promise.resolve(async (asked: unknown) => {
    const wanted = request.parse(asked)
    if ('connect' in wanted) await connectTo(wanted.connect)
    else if ('close' in wanted) {
      const all = [...open]
      open.clear()
      begun = 0
      await Promise.all(all.map((socket) => new Promise<void>((done) => socket.once('close', done).close())))
    } else {
      const said = { open: open.size, lost, sent, roundTrips: roundTrips.map((ms) => Math.round(ms * 10) / 10) }
      countedFrom = performance.now()
      sent = 0
      roundTrips = []
      return said
    }
    return { open: open.size, lost, sent, roundTrips: [] }
  })
})
