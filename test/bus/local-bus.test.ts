import { localBus } from '../../src/bus/local-bus.ts'
import { busSuite } from './bus-suite.ts'

busSuite({
  name: 'local',
  skip: false,
  async start() {
    const bus = localBus()
    return { node: () => Promise.resolve({ ...bus }), [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() }
  },
})
