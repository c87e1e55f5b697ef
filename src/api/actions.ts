import type { AccessService } from '../access/access-service.ts'
import type { AuditReader } from '../audit/audit-reader.ts'
import type { FleetService } from '../fleet/fleet-service.ts'
import { PosternError } from '../model/errors.ts'
import type { GatewayHistory } from '../fleet/gateway-history.ts'
import type { TaskStatistics } from '../tasks/task-statistics.ts'
import type { TaskService } from '../tasks/task-service.ts'
import { type AnyAction, PRODUCTS } from './action.ts'
import { createGetDbListFromAgentTask } from './actions/dbs/create-get-db-list-from-agent-task.ts'
import { describeBackupGatewayList } from './actions/dbs/describe-backup-gateway-list.ts'
import { describeRegions } from './actions/dbs/describe-regions.ts'
import { getDbListFromAgent } from './actions/dbs/get-db-list-from-agent.ts'
import { cancelTask } from './actions/postern/cancel-task.ts'
import { createGatewayEnrollment } from './actions/postern/create-gateway-enrollment.ts'
import { deleteGateway } from './actions/postern/delete-gateway.ts'
import { listGatewayEnrollments } from './actions/postern/list-gateway-enrollments.ts'
import { revokeGatewayEnrollment } from './actions/postern/revoke-gateway-enrollment.ts'
import { testPolicy } from './actions/postern/test-policy.ts'
import { updatePolicy } from './actions/postern/update-policy.ts'
import { validatePolicyDocument } from './actions/postern/validate-policy-document.ts'
import { updateGateway } from './actions/postern/update-gateway.ts'
import { attachPolicyToUser } from './actions/ram/attach-policy-to-user.ts'
import { createAccessKey } from './actions/ram/create-access-key.ts'
import { createPolicy } from './actions/ram/create-policy.ts'
import { createUser } from './actions/ram/create-user.ts'
import { deleteAccessKey } from './actions/ram/delete-access-key.ts'
import { deletePolicy } from './actions/ram/delete-policy.ts'
import { deleteUser } from './actions/ram/delete-user.ts'
import { detachPolicyFromUser } from './actions/ram/detach-policy-from-user.ts'
import { getPolicy } from './actions/ram/get-policy.ts'
import { getUser } from './actions/ram/get-user.ts'
import { listAccessKeys } from './actions/ram/list-access-keys.ts'
import { listPolicies } from './actions/ram/list-policies.ts'
import { listPoliciesForUser } from './actions/ram/list-policies-for-user.ts'
import { listUsers } from './actions/ram/list-users.ts'
import { updateAccessKey } from './actions/ram/update-access-key.ts'
import { updateUser } from './actions/ram/update-user.ts'
import { assumeRole } from './actions/sts/assume-role.ts'
import { getCallerIdentity } from './actions/sts/get-caller-identity.ts'
import { describeDatabases } from './actions/postern/describe-databases.ts'
import { getAuditTrailState } from './actions/postern/get-audit-trail-state.ts'
import { getSignedResult } from './actions/postern/get-signed-result.ts'
import { getGatewayHistory } from './actions/postern/get-gateway-history.ts'
import { getStatistics } from './actions/postern/get-statistics.ts'
import { getTask } from './actions/postern/get-task.ts'
import { listAuditEvents } from './actions/postern/list-audit-events.ts'
import { listGateways } from './actions/postern/list-gateways.ts'
import { listTasks } from './actions/postern/list-tasks.ts'

export interface ActionServices {
  readonly tasks: TaskService
  readonly fleet: FleetService
  readonly access: AccessService
  readonly audit: AuditReader
  readonly statistics: TaskStatistics
  readonly history: GatewayHistory
}

/** The one list of actions. */
export const createActions = (services: ActionServices): readonly AnyAction[] => [
  createGetDbListFromAgentTask(services),
  getDbListFromAgent(services),
  describeBackupGatewayList(services),
  describeRegions(services),
  createGatewayEnrollment(services),
  listGatewayEnrollments(services),
  revokeGatewayEnrollment(services),
  listGateways(services),
  getGatewayHistory(services),
  updateGateway(services),
  deleteGateway(services),
  createUser(services),
  getUser(services),
  listUsers(services),
  updateUser(services),
  deleteUser(services),
  createAccessKey(services),
  listAccessKeys(services),
  updateAccessKey(services),
  deleteAccessKey(services),
  createPolicy(services),
  getPolicy(services),
  listPolicies(services),
  deletePolicy(services),
  attachPolicyToUser(services),
  detachPolicyFromUser(services),
  listPoliciesForUser(services),
  getCallerIdentity(services),
  assumeRole(services),
  listTasks(services),
  getTask(services),
  cancelTask(services),
  describeDatabases(services),
  getSignedResult(services),
  getStatistics(services),
  updatePolicy(services),
  testPolicy(services),
  validatePolicyDocument(),
  listAuditEvents(services),
  getAuditTrailState(services),
]

/** Throws InvalidVersion, then InvalidAction.NotFound, which names what was received. */
export type FindAction = (version: string, name: string) => AnyAction

export function actionFinder(actions: readonly AnyAction[]): FindAction {
  const namedIn = (version: string) =>
    new Map(actions.filter((action) => action.version === version).map((action) => [action.name, action]))
  const byVersion = new Map(Object.keys(PRODUCTS).map((version) => [version, namedIn(version)]))
  return (version, name) => {
    const byName = byVersion.get(version)
    if (byName === undefined) throw new PosternError('InvalidVersion')
    const action = byName.get(name)
    if (action !== undefined) return action
    throw new PosternError('InvalidAction.NotFound', { reason: `Action: ${name}, Version: ${version}.` })
  }
}
