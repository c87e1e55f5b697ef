import { z } from 'zod'
import { PosternError } from '../../../model/errors.ts'
import type { TaskService } from '../../../tasks/task-service.ts'
import type { Action } from '../../action.ts'
import { aboutTask, taskIdParameter } from '../../known-task.ts'
import { taskFields, taskFieldsOf } from '../../task-fields.ts'

const NAME = 'CancelTask'

const params = z.object({ TaskId: taskIdParameter() })
const reply = z.object(taskFields)

/** Row 26 of the contract. */
export function cancelTask(services: { tasks: TaskService }): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { tasks } = services
  return {
    name: NAME,
    version: '2026-12-01',
    access: 'update',
    mutates: true,
    summary: 'Ends a task for good, at once; the gateway is told to stop. A task that has ended is answered as it is.',
    params,
    reply,
    errors: ['Task.NotFound'],

    prepare: async ({ TaskId }, call) =>
      aboutTask(
        tasks,
        { action: NAME, TaskId },
        {
          call,
          async handle({ account, id }) {
            const cancelled = await tasks.cancel({ account, id, by: call.principal.id }, call.burn)
            if (cancelled === undefined) throw new PosternError('Task.NotFound')
            return taskFieldsOf(cancelled)
          },
        },
      ),
  }
}
