import { PosternError } from '../model/errors.ts'
import { toTaskId } from '../model/ids.ts'
import type { TaskService } from '../tasks/task-service.ts'
import type { Call, Prepared } from './action.ts'
import { publicNumber } from './parameter-kinds.ts'
import { gatewayResource, taskResource } from './resources.ts'
import type { AnsweredTask } from './task-answers.ts'

export const taskIdParameter = () =>
  publicNumber().meta({
    description: 'The task, from CreateGetDBListFromAgentTask or ListTasks.',
    examples: ['731905284617093'],
  })

/**
 * Row 14 of the contract for Postern's own actions on one task: no task, another account's, and one whose gateway the
 * caller may not touch are answered the same, after the same reading.
 */
export async function aboutTask<R>(
  tasks: TaskService,
  given: { readonly action: string; readonly TaskId: number },
  parts: { readonly call: Call; readonly handle: (task: AnsweredTask) => Promise<R> },
): Promise<Prepared<R>> {
  const { call, handle } = parts
  const { account } = call.principal
  const id = toTaskId(given.TaskId)
  const task = id && (await tasks.read(account, id))
  return {
    target: {
      action: `postern:${given.action}`,
      resource: gatewayResource(account, {}, 'postern'),
      conditions: {},
      lookedUp: { found: task && taskResource(task, 'postern'), deniedAs: 'Task.NotFound' },
    },
    async handle() {
      if (task === undefined) throw new PosternError('Task.NotFound')
      return handle(task)
    },
  }
}
