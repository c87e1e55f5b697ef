import { after, before, describe } from 'node:test'
import { tempFolder, type TempFolder } from '../fixtures/temp-folder.ts'
import { type BusKind, type Cluster, LONG, missingFor, startCluster } from './cluster.ts'
import { gatewaySuite } from './gateway-suite.ts'
import { onceSuite } from './once-suite.ts'
import { wakeSuite } from './wake-suite.ts'

/** Without a wake the nodes look every 15 s which of their gateways were deleted or went elsewhere. */
const LOOK_MS = 20_000
const WAKE_MS = 5_000

/** A short run has every suite over one kind of bus, and that kind dies in it. */
const KINDS: readonly BusKind[] = LONG ? ['nats', 'postgres', 'none'] : ['nats', 'postgres']

for (const bus of KINDS) {
  describe(`nodes with a bus: ${bus}`, { skip: missingFor(bus) }, () => {
    let folder: TempFolder
    let cluster: Cluster
    before(async () => {
      folder = await tempFolder('cluster')
      cluster = await startCluster(folder.path, { bus, nodes: LONG ? 3 : 2 })
    })
    after(async () => {
      await cluster[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    })
    wakeSuite(() => cluster, bus)
    if (!LONG && bus !== 'nats') return
    onceSuite(() => cluster)
    gatewaySuite(() => cluster, bus === 'none' ? LOOK_MS : WAKE_MS)
  })
}
