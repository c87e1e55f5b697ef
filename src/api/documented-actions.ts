import { toServerId } from '../model/ids.ts'
import type { AnyAction } from './action.ts'
import { createActions } from './actions.ts'

/** The declarations, which pages and samples are made from: nothing behind them is ever called. */
export function documentedActions(): readonly AnyAction[] {
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
    updatePolicy: unused,
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
    known: unused,
    list: unused,
    loads: unused,
    cancel: unused,
    databaseColumns: unused,
    sortedDatabases: unused,
  }
  const statistics = { of: unused, [Symbol.asyncDispose]: unused }
  const history = { seen: unused, gone: unused, of: unused }
  const audit = { newest: unused, verdict: unused, head: unused, problem: undefined, [Symbol.asyncDispose]: unused }
  return createActions({ tasks, fleet, access, audit, statistics, history })
}

const unused = (): never => {
  throw new Error('A declaration calls no service.')
}
