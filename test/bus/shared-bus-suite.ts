import assert from 'node:assert/strict'
import { getActiveResourcesInfo } from 'node:process'
import { after, before, describe, test } from 'node:test'
import { pino } from 'pino'
import { z } from 'zod'
import type { Log } from '../../src/base/log.ts'
import type { SharedBus } from '../../src/bus/bus.ts'
import { encodeWake } from '../../src/bus/wake-message.ts'
import { eventually } from '../fixtures/eventually.ts'
import { type FaultProxy, startFaultProxy } from '../fixtures/fault-proxy.ts'
import { startSilentServer } from '../fixtures/silent-server.ts'
import { busSuite, listen } from './bus-suite.ts'

export interface SharedBusWorld extends AsyncDisposable {
  readonly port: number
  /** A node that reaches the server at this port of 127.0.0.1. */
  node(options: { port: number; installation?: string; log?: Log }): Promise<SharedBus>
  /** Says this text to all nodes of an installation, as anybody with a login may. */
  say(installation: string, text: string): Promise<void>
}

const REFUSES_ALL = { bytesToClient: 0, action: 'reset' } as const

/** What every bus does, and what one over a server does when the server, the network or another client misbehaves. */
export function sharedBusSuite(name: string, skip: string | false, start: () => Promise<SharedBusWorld>): void {
  describe(`${name}: a bus over a server`, { skip }, () => {
    let world: SharedBusWorld
    before(async () => {
      world = await start()
    })
    after(() => world[Symbol.asyncDispose]())

    busSuite({
      name,
      skip: false,
      start: () =>
        Promise.resolve({
          node: () => world.node({ port: world.port }),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        }),
    })

    test('a lost connection loses what is published meanwhile, holds nobody up, and comes back by itself', async () => {
      await using proxy = await startFaultProxy({ port: world.port })
      const log = notedLog()
      await using node = await world.node({ port: proxy.port, log: log.log })
      await using far = await world.node({ port: world.port })
      await using own = await listen(node, 'task')
      await using there = await listen(far, 'task')
      proxy.faults.limit = REFUSES_ALL
      proxy.resetAll()
      await eventually('it knows', () => !node.state.connected)
      const tries = proxy.accepted
      node.publish('task', ['lost'])
      await Promise.resolve()
      assert.deepEqual(own.keys, ['lost'], 'its own subscribers need no server')
      assert.equal(node.state.lost, 1)
      await eventually('it has tried more than once', () => proxy.accepted > tries + 1)
      assert.equal(log.warnings().length, 1, 'one line however often it is tried')
      proxy.faults.limit = undefined
      await eventually('it is back', () => node.state.connected)
      assert.equal(node.state.reconnects, 1)
      far.publish('task', ['to it'])
      node.publish('task', ['from it'])
      await eventually('both ways', () => own.keys.includes('to it') && there.keys.includes('from it'))
      assert.equal(there.keys.includes('lost'), false)
      assert.equal(log.lines.filter(({ msg }) => msg === 'the bus is there').length, 1)
    })

    test('a node starts without its bus and finds it later', async () => {
      await using proxy = await startFaultProxy({ port: world.port }, { limit: REFUSES_ALL })
      await using node = await world.node({ port: proxy.port })
      assert.equal(node.state.connected, false)
      await using heard = await listen(node, 'gateway')
      proxy.faults.limit = undefined
      await eventually('it is there', () => node.state.connected)
      assert.equal(node.state.reconnects, 0)
      await using far = await world.node({ port: world.port })
      far.publish('gateway', ['5'])
      await eventually('it hears', () => heard.keys.includes('5'))
    })

    test('what others say that is no wake is ignored and counted', async () => {
      const installation = 'malformed. *>'
      await using node = await world.node({ port: world.port, installation })
      await using heard = await listen(node, 'task')
      const from = 'somebody'
      const bad = [
        '',
        'not JSON',
        'null',
        '[]',
        JSON.stringify({ from, subject: 'task' }),
        JSON.stringify({ from, subject: 'task', keys: [] }),
        JSON.stringify({ from, subject: 'task', keys: [1] }),
        JSON.stringify({ from, subject: 'task', keys: ['k'.repeat(129)] }),
        JSON.stringify({ from, subject: 'other', keys: ['1'] }),
        JSON.stringify({ from: 7, subject: 'task', keys: ['1'] }),
        '['.repeat(7_000),
      ]
      for (const text of bad) await world.say(installation, text)
      await world.say(installation, encodeWake({ from, subject: 'task', keys: ['good'] }))
      await eventually('the good one arrives', () => heard.keys.length > 0)
      assert.deepEqual(heard.keys, ['good'])
      assert.equal(node.state.ignored, bad.length)
      assert.equal(node.state.received, 1)
    })

    test('another installation on the same server hears nothing', async () => {
      await using one = await world.node({ port: world.port, installation: 'a.b' })
      await using same = await world.node({ port: world.port, installation: 'a.b' })
      await using other = await world.node({ port: world.port, installation: 'a' })
      await using heardSame = await listen(same, 'task')
      await using heardOther = await listen(other, 'task')
      one.publish('task', ['1'])
      await eventually('it arrives', () => heardSame.keys.length === 1)
      assert.deepEqual(heardOther.keys, [])
    })

    test('what was published just before the end still goes out, and nothing is left open', async () => {
      await using far = await world.node({ port: world.port })
      await using heard = await listen(far, 'task')
      const count = sockets()
      const node = await world.node({ port: world.port })
      assert.ok(sockets() > count)
      node.publish('task', ['last'])
      await node[Symbol.asyncDispose]()
      await eventually('it arrives', () => heard.keys.includes('last'))
      await eventually('its sockets are closed', () => sockets() === count)
    })

    test('it ends soon, with nothing left open, while it waits for a server that is silent', async () => {
      await using proxy: FaultProxy = await startFaultProxy({ port: world.port }, { limit: REFUSES_ALL })
      const node = await world.node({ port: proxy.port })
      await using silent = await startSilentServer()
      const stuck = world.node({ port: silent.port })
      await silent.connected()
      const began = performance.now()
      await node[Symbol.asyncDispose]()
      assert.ok(performance.now() - began < 2_000, 'a wait for the next try is cut short')
      const opened = await stuck
      assert.ok(performance.now() - began < 8_000, 'a start waits 5 seconds at most')
      await eventually('it tries again', () => silent.accepted > 1)
      await eventually('the try before left no socket', () => silent.open <= 1)
      const ended = performance.now()
      await opened[Symbol.asyncDispose]()
      assert.ok(performance.now() - ended < 2_000, 'a try is cut short')
      await eventually('nor did the last', () => silent.open === 0)
    })
  })
}

const sockets = () => getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap' || name === 'TLSWrap').length

const line = z.looseObject({ level: z.number(), msg: z.string(), reason: z.string().optional() })

/** Keeps the lines of a log. */
export function notedLog() {
  const lines: z.infer<typeof line>[] = []
  const log: Log = pino({ level: 'debug' }, { write: (text: string) => void lines.push(line.parse(JSON.parse(text))) })
  return { log, lines, warnings: () => lines.filter(({ level }) => level >= 40) }
}
