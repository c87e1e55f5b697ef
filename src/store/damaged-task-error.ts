import { PosternError } from '../model/errors.ts'
import type { TaskId } from '../model/ids.ts'

/** What is stored of a task is not what was written. The caller is told which task; what is wrong is for the log. */
export class DamagedTaskError extends PosternError {
  constructor(task: TaskId, cause: unknown) {
    const message =
      `What is stored of the task ${task} is damaged, so nothing is told of it. ` +
      'Create the task again; the operator of the server finds the damage in its log by the RequestId.'
    super('InternalError', { message, cause: new Error(`what is stored of the task ${task} is damaged`, { cause }) })
  }
}
