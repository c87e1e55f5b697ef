import { isDiscoveryErrorCode, PosternError } from '../model/errors.ts'
import type { ListingWarning } from '../model/listing.ts'
import { isTerminal } from '../model/task.ts'
import type { TaskService } from '../tasks/task-service.ts'

export type AnsweredTask = NonNullable<Awaited<ReturnType<TaskService['read']>>>

export const isOpen = (task: AnsweredTask) => !isTerminal(task.state)

/** Where a task is that is not finished. */
export function whereabouts(task: AnsweredTask): string {
  const where =
    task.acceptedAt === undefined
      ? `It has been waiting for the backup gateway ${task.gateway} since ${isoTime(task.createdAt)}.`
      : `It has been running on the backup gateway ${task.gateway} since ${isoTime(task.acceptedAt)}${task.step === undefined ? '' : `, at the step ${task.step}`}.`
  return `The task is not finished. ${where}`
}

/** What a task that ended without a list is answered with. */
export function failureOf(task: AnsweredTask): PosternError {
  const { code, message } = task.failure ?? { code: 'Internal', message: `The task ended as ${task.state}.` }
  // A newer gateway may have codes that this server does not know, and no ended task is unfinished.
  if (!isDiscoveryErrorCode(code) || code === 'Task.NotFinished') {
    return new PosternError('Internal', { message: `${code}: ${message}` })
  }
  return new PosternError(code, { message })
}

export const warningOf = ({ code, message, grant }: ListingWarning) => ({
  Code: code,
  Message: message,
  ...(grant !== undefined && { Grant: grant }),
})

/** Undefined where no calendar has it: the time may come from the clock of a gateway. */
export function isoTime(time: number | undefined): string | undefined {
  const date = new Date(time ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
