import { createActions } from '../../src/api/actions.ts'
import { toServerId } from '../../src/model/ids.ts'
import type { SourceTree } from '../../test/architecture/source-tree.ts'
import { apiPage } from './api-page.ts'
import { compatibilityPage } from './compatibility-page.ts'
import { configurationPage } from './configuration-page.ts'
import { contractPage } from './contract-page.ts'
import { errorsPage } from './errors-page.ts'
import { rowTests } from './row-tests.ts'
import { troubleshootingPage } from './troubleshooting-page.ts'

export const CONTRACT_PAGE = 'docs/reference/contract.md'

/** Path and text of every page that is generated, wholly or between marks. */
export function generatedPages(tree: SourceTree): ReadonlyMap<string, string> {
  const actions = documentedActions()
  return new Map([
    ['docs/reference/api.md', apiPage(actions)],
    ['docs/reference/configuration.md', configurationPage()],
    ['docs/reference/errors.md', errorsPage(actions)],
    ['docs/guide/troubleshooting.md', troubleshootingPage()],
    [CONTRACT_PAGE, contractPage(tree.get(CONTRACT_PAGE) ?? '', rowTests(tree))],
    ['docs/reference/compatibility.md', compatibilityPage(actions)],
  ])
}

/** The declarations, which are all that the pages are made from: nothing behind them is ever called. */
export function documentedActions() {
  const fleet = {
    serverId: toServerId('0'.repeat(32)),
    countByStatus: unused,
    gateway: unused,
    gateways: unused,
    search: unused,
    statusesOf: unused,
    regions: unused,
    createEnrollment: unused,
    enroll: unused,
    enrollments: unused,
    enrollment: unused,
    revokeEnrollment: unused,
    update: unused,
    delete: unused,
  }
  const access = {
    createUser: unused,
    user: unused,
    users: unused,
    updateUser: unused,
    deleteUser: unused,
    caller: unused,
    keyOwner: unused,
    issueKey: unused,
    issueTemporaryKey: unused,
    keysOf: unused,
    setKeyActive: unused,
    deleteKey: unused,
    createPolicy: unused,
    policy: unused,
    policies: unused,
    deletePolicy: unused,
    attachPolicy: unused,
    detachPolicy: unused,
    policiesOfUser: unused,
    policiesOf: unused,
    testPolicy: unused,
  }
  const tasks = {
    create: unused,
    read: unused,
    details: unused,
    evidence: unused,
    list: unused,
    loads: unused,
    cancel: unused,
    databases: unused,
    sortedDatabases: unused,
  }
  const statistics = { of: unused, [Symbol.asyncDispose]: unused }
  const history = { seen: unused, gone: unused, of: unused }
  const audit = { newest: unused, verdict: unused, head: unused, problem: undefined, [Symbol.asyncDispose]: unused }
  return createActions({ tasks, fleet, access, audit, statistics, history })
}

const unused = (): never => {
  throw new Error('The documentation calls no service.')
}
