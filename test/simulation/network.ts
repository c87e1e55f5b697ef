import type { MessageSocket, MessageSocketHandlers } from '../../src/link/message-socket.ts'
import type { Random } from '../fuzz/random.ts'
import type { MachineProcess } from './machine.ts'
import type { Timeline } from './timeline.ts'
import type { Trace } from './trace.ts'

const CONNECT_MS = 10_000
const BROKEN = { code: 1006, reason: '' }

/** As TCP: what arrives, arrives in order. It may come late, or never with the connection looking open. */
export interface Connection {
  readonly from: string
  readonly over: boolean
  /** Both ends are told, what is on its way is lost. */
  reset(): void
  /** Nothing arrives any more, and nobody is told: `both` ways, or only towards one end. */
  silence(side: 'both' | 'server' | 'gateway'): void
  /** All of it arrives later. */
  stall(ms: number): void
  /** The process at this end has died. `told`: the other end hears of it. */
  died(process: MachineProcess, told: boolean): void
  belongsTo(process: MachineProcess): boolean
}

export interface Network {
  /** Of one way; changed by faults. */
  latency: { readonly minMs: number; readonly maxMs: number }
  readonly connections: ReadonlySet<Connection>
  /** As long as nobody listens, connections are refused. */
  listen(process: MachineProcess, accept: (socket: MessageSocket, address: string) => void): void
  /** Towards who listens. Hangs where `cut`. */
  dial(from: MachineProcess, signal: AbortSignal): Promise<MessageSocket>
  /** This machine reaches nobody until then: what is open stalls, what is dialled hangs. */
  cut(name: string, ms: number): void
}

type Item = { readonly frame: string } | { readonly end: { readonly code: number; readonly reason: string } }

/** One end of a connection, with what is on its way to it. */
interface End {
  readonly process: MachineProcess
  readonly socket: MessageSocket
  readonly over: boolean
  readonly pendingBytes: number
  meet(other: End, note: (what: string) => void): void
  arrive(item: Item): void
  /** Hears of the end instead of what was on its way. */
  lose(ended: { readonly code: number; readonly reason: string }): void
  /** Hears nothing any more. */
  deaf(): void
  stall(until: number): void
}

export function createNetwork(parts: { timeline: Timeline; random: Random; trace: Trace }): Network {
  const { timeline, random, trace } = parts
  const connections = new Set<Connection>()
  const cutUntil = new Map<string, number>()
  let listener: { process: MachineProcess; accept: (socket: MessageSocket, address: string) => void } | undefined
  let opened = 0

  const network: Network = {
    latency: { minMs: 1, maxMs: 30 },
    connections,
    listen(process, accept) {
      listener = { process, accept }
    },
    cut(name, ms) {
      cutUntil.set(name, Math.max(cutUntil.get(name) ?? 0, timeline.now + ms))
      for (const connection of connections) if (connection.from === name) connection.stall(ms)
    },
    dial(from, signal) {
      return new Promise((resolve, reject) => {
        const settle = (afterMs: number, finish: () => void) =>
          from.plan(afterMs, () => {
            signal.removeEventListener('abort', abort)
            finish()
          })
        const abort = () => {
          waiting.cancel()
          reject(new Error('the gateway stops'))
        }
        const attempt = () => {
          if (listener === undefined || !listener.process.alive) {
            trace.note(from.name, 'dials: refused')
            return reject(new Error('connection refused'))
          }
          const { process, accept } = listener
          const pair = createPair({ from, to: process, number: ++opened })
          trace.note(from.name, `dials: connection ${opened}`)
          accept(pair.server, from.name)
          resolve(pair.gateway)
        }
        const isCut = (cutUntil.get(from.name) ?? 0) > timeline.now
        const waiting = isCut
          ? settle(CONNECT_MS, () => reject(new Error('the server gave no answer within 10 s')))
          : settle(2 * lag(), attempt)
        signal.addEventListener('abort', abort, { once: true })
      })
    },
  }
  const lag = () => network.latency.minMs + random.below(network.latency.maxMs - network.latency.minMs + 1)

  function createPair({ from, to, number }: { from: MachineProcess; to: MachineProcess; number: number }) {
    const gateway = createEnd(from, lag)
    const server = createEnd(to, lag)
    gateway.meet(server, (what) => trace.note(from.name, `#${number} ← ${what}`))
    server.meet(gateway, (what) => trace.note(to.name, `#${number} ← ${what}`))
    const ends = [gateway, server]
    const connection: Connection = {
      from: from.name,
      get over() {
        return ends.every((end) => end.over)
      },
      reset() {
        for (const end of ends) end.lose(BROKEN)
      },
      silence(side) {
        if (side !== 'gateway') server.deaf()
        if (side !== 'server') gateway.deaf()
      },
      stall(ms) {
        for (const end of ends) end.stall(timeline.now + ms)
      },
      died(process, told) {
        for (const end of ends) {
          if (end.process === process) end.deaf()
          else if (told) end.lose(BROKEN)
        }
      },
      belongsTo: (process) => from === process || to === process,
    }
    connections.add(connection)
    for (const other of connections) if (other.over) connections.delete(other)
    return { gateway: gateway.socket, server: server.socket }
  }

  function createEnd(process: MachineProcess, lagOf: () => number): End {
    /** On its way to this end. */
    let queue: { readonly item: Item; readonly at: number }[] = []
    let handlers: MessageSocketHandlers | undefined
    let peer: End | undefined
    let note: ((what: string) => void) | undefined
    let stalledUntil = 0
    let newest = 0
    let waiting = false
    let deaf = false
    /** This side sends no more. */
    let closing = false
    let over = false

    const pump = () => {
      const [first] = queue
      if (waiting || first === undefined || handlers === undefined) return
      waiting = true
      process.plan(Math.max(first.at, stalledUntil) - timeline.now, () => {
        waiting = false
        if (stalledUntil <= timeline.now) deliver()
        pump()
      })
    }
    const deliver = () => {
      const item = queue.shift()?.item
      if (item === undefined || deaf || over) return
      if ('frame' in item) {
        note?.(describe(item.frame))
        return handlers?.onFrame(item.frame)
      }
      const { code, reason } = item.end
      note?.(`end ${code} ${reason}`)
      over = true
      // The other side waits for the answer to its close.
      if (!closing) peer?.arrive({ end: item.end })
      closing = true
      handlers?.onClose(code, reason)
    }
    const socket: MessageSocket = {
      send(frame) {
        if (!closing) peer?.arrive({ frame })
      },
      get bufferedBytes() {
        return peer?.pendingBytes ?? 0
      },
      get open() {
        return !closing && !over
      },
      close(code, reason) {
        if (closing) return
        closing = true
        peer?.arrive({ end: { code, reason } })
      },
      terminate() {
        if (over) return
        peer?.lose(BROKEN)
        queue = []
        closing = true
        over = true
        process.plan(0, () => handlers?.onClose(BROKEN.code, BROKEN.reason))
      },
      handle(given) {
        handlers = given
        pump()
      },
    }
    const end: End = {
      process,
      socket,
      get over() {
        return over || deaf || !process.alive
      },
      get pendingBytes() {
        return queue.reduce((sum, { item }) => sum + ('frame' in item ? item.frame.length : 0), 0)
      },
      meet(other, noteOf) {
        peer = other
        note = noteOf
      },
      arrive(item) {
        if (deaf || over) return
        newest = Math.max(newest, timeline.now + lagOf())
        queue.push({ item, at: newest })
        pump()
      },
      lose(ended) {
        if (over || deaf) return
        queue = [{ item: { end: ended }, at: timeline.now }]
        closing = true
        pump()
      },
      deaf() {
        deaf = true
        queue = []
      },
      stall(until) {
        stalledUntil = Math.max(stalledUntil, until)
      },
    }
    return end
  }
  return network
}

function describe(frame: string): string {
  const type = /"type":"(\w+)"/.exec(frame)?.[1] ?? '?'
  const attempt = /"attempt":"(\w{6})/.exec(frame)?.[1]
  return attempt === undefined ? type : `${type} ${attempt}`
}
