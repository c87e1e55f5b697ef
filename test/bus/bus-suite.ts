import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Bus, Subject } from '../../src/bus/bus.ts'
import { eventually } from '../fixtures/eventually.ts'

/** What the nodes of one installation share. */
export interface BusWorld extends AsyncDisposable {
  /** The bus of one more node; a bus of a single process gives the same one again. */
  node(): Promise<Bus>
}

export interface BusSuite {
  readonly name: string
  /** Why it cannot run here. */
  readonly skip: string | false
  readonly start: () => Promise<BusWorld>
}

/** What every bus does; a variant's own test starts its world and calls this. */
export function busSuite({ name, skip, start }: BusSuite): void {
  describe(`${name}: the contract of a bus`, { skip }, () => {
    let world: BusWorld
    before(async () => {
      world = await start()
    })
    after(() => world[Symbol.asyncDispose]())

    test('wakes its own subscribers at once, without the way over a server, and only once', async () => {
      await using node = await world.node()
      await using heard = await listen(node, 'gateway')
      await using other = await world.node()
      await using there = await listen(other, 'gateway')
      node.publish('gateway', ['1'])
      await Promise.resolve()
      assert.deepEqual(heard.keys, ['1'])
      // What came over the server after this would have come back too.
      node.publish('gateway', ['2'])
      await eventually('the other hears both', () => there.keys.includes('2'))
      assert.deepEqual(heard.keys, ['1', '2'])
    })

    test('wakes the subscribers of that subject on every node, with the keys as they are', async () => {
      await using first = await world.node()
      await using second = await world.node()
      await using third = await world.node()
      await using heardSecond = await listen(second, 'cancel')
      await using heardThird = await listen(third, 'cancel')
      await using otherSubject = await listen(third, 'task')
      const keys = ['7:0123456789abcdef', '8:"\\\u0000é ', '9:.*>']
      first.publish('cancel', keys)
      await eventually('both hear it', () => heardSecond.keys.length === 3 && heardThird.keys.length === 3)
      assert.deepEqual(heardSecond.keys, keys)
      assert.deepEqual(heardThird.keys, keys)
      assert.deepEqual(otherSubject.keys, [])
    })

    test('thousands of keys all arrive, however they are put together', async () => {
      await using first = await world.node()
      await using second = await world.node()
      await using heard = await listen(second, 'task')
      const keys = Array.from({ length: 6_400 }, (_, index) => String(1_000_000_000_000 + index))
      first.publish('task', keys)
      await eventually('all arrive', () => heard.keys.length >= keys.length)
      assert.deepEqual(new Set(heard.keys), new Set(keys))
    })

    test('an ended subscription hears nothing, and no keys wake nobody', async () => {
      await using node = await world.node()
      const ended = await listen(node, 'session')
      await ended[Symbol.asyncDispose]()
      await using heard = await listen(node, 'session')
      node.publish('session', [])
      await Promise.resolve()
      assert.equal(heard.calls, 0)
      node.publish('session', ['1:2'])
      await Promise.resolve()
      assert.deepEqual(heard.keys, ['1:2'])
      assert.deepEqual(ended.keys, [])
    })

    test('a closed bus takes what is published and wakes nobody', async () => {
      const node = await world.node()
      const heard = await listen(node, 'deleted')
      await node[Symbol.asyncDispose]()
      node.publish('deleted', ['1'])
      await Promise.resolve()
      assert.deepEqual(heard.keys, [])
      await node[Symbol.asyncDispose]()
    })
  })
}

export interface Heard extends AsyncDisposable {
  readonly keys: string[]
  readonly calls: number
}

/** Notes what a subject wakes with. */
export async function listen(bus: Bus, subject: Subject): Promise<Heard> {
  const keys: string[] = []
  let calls = 0
  const subscription = await bus.subscribe(subject, (woken) => {
    calls++
    keys.push(...woken)
  })
  return {
    keys,
    get calls() {
      return calls
    },
    [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose](),
  }
}
