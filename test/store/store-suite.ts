import { describe } from 'node:test'
import { accessSuite } from './access-suite.ts'
import { adoptSuite } from './adopt-suite.ts'
import { claimSuite } from './claim-suite.ts'
import { createSuite } from './create-suite.ts'
import { deadlineSuite } from './deadline-suite.ts'
import { finishSuite } from './finish-suite.ts'
import { gatewayLifeSuite } from './gateway-life-suite.ts'
import { fleetSuite } from './fleet-suite.ts'
import { lifeSuite } from './life-suite.ts'
import { policySuite } from './policy-suite.ts'
import { listSuite } from './list-suite.ts'
import type { OpenStore } from './store-world.ts'
import { temporaryKeySuite } from './temporary-key-suite.ts'
import { userSuite } from './user-suite.ts'

/** What every store must do. A store's own test calls this with a way to open one, and adds only what is its own. */
export function storeSuite(name: string, open: OpenStore, { lives = 15, full = true } = {}): void {
  // Each test has a store of its own and mostly waits for it.
  describe(`${name} store`, { concurrency: 4 }, () => {
    accessSuite(open)
    userSuite(open, full)
    policySuite(open, full)
    temporaryKeySuite(open)
    createSuite(open)
    claimSuite(open)
    finishSuite(open)
    adoptSuite(open)
    deadlineSuite(open)
    fleetSuite(open)
    gatewayLifeSuite(open)
    listSuite(open)
    lifeSuite(open, lives)
  })
}
