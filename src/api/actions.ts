import type { FleetService } from '../fleet/fleet-service.ts'
import { PosternError } from '../model/errors.ts'
import type { TaskService } from '../tasks/task-service.ts'
import { type AnyAction, PRODUCTS } from './action.ts'
import { createGetDbListFromAgentTask } from './actions/dbs/create-get-db-list-from-agent-task.ts'
import { describeBackupGatewayList } from './actions/dbs/describe-backup-gateway-list.ts'
import { getDbListFromAgent } from './actions/dbs/get-db-list-from-agent.ts'
import { cancelTask } from './actions/postern/cancel-task.ts'
import { createGatewayEnrollment } from './actions/postern/create-gateway-enrollment.ts'
import { describeDatabases } from './actions/postern/describe-databases.ts'
import { getTask } from './actions/postern/get-task.ts'
import { listTasks } from './actions/postern/list-tasks.ts'

export interface ActionServices {
  readonly tasks: TaskService
  readonly fleet: FleetService
}

/** The one list of actions. */
export const createActions = (services: ActionServices): readonly AnyAction[] => [
  createGetDbListFromAgentTask(services),
  getDbListFromAgent(services),
  describeBackupGatewayList(services),
  createGatewayEnrollment(services),
  listTasks(services),
  getTask(services),
  cancelTask(services),
  describeDatabases(services),
]

/** Throws InvalidVersion, then InvalidAction.NotFound, which names what was received. */
export type FindAction = (version: string, name: string) => AnyAction

export function actionFinder(actions: readonly AnyAction[]): FindAction {
  const byName = new Map(actions.map((action) => [`${action.version} ${action.name}`, action]))
  return (version, name) => {
    if (!Object.hasOwn(PRODUCTS, version)) throw new PosternError('InvalidVersion')
    const action = byName.get(`${version} ${name}`)
    if (action !== undefined) return action
    throw new PosternError('InvalidAction.NotFound', { reason: `Action: ${name}, Version: ${version}.` })
  }
}
