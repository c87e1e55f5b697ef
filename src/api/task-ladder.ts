import { z } from 'zod'
import { STEP_STATUSES, type StepReport, stepsOfFailure, stepsOfListing } from '../model/ladder.ts'
import { STEP_NAMES } from '../model/listing.ts'
import type { TaskService } from '../tasks/task-service.ts'
import { isOpen } from './task-answers.ts'

type Details = NonNullable<Awaited<ReturnType<TaskService['details']>>>
interface Rung extends Omit<StepReport, 'status'> {
  readonly status: (typeof STATUSES)[number]
}

/** Only the last known step is told of a task that no outcome has ended; `passed` is done or was not needed. */
const STATUSES = [...STEP_STATUSES, 'running', 'passed'] as const

export const ladderField = z
  .object({
    Step: z.array(
      z.object({
        Name: z.enum(STEP_NAMES).meta({ description: 'The steps are the ones of `postern gateway check`.' }),
        Status: z.enum(STATUSES).meta({
          description:
            'ok, warning, failed, not reached (a step before it failed), skipped (not needed), running, or passed (done or not needed; the gateway tells which at the end).',
        }),
        Milliseconds: z.number().optional().meta({ description: 'How long it took, where that is known.' }),
      }),
    ),
  })
  .meta({ description: 'The steps from the configuration of the gateway to the list, and how far the task came.' })

export function ladderOf(details: Details): z.output<typeof ladderField> {
  return {
    Step: rungsOf(details).map(({ name, status, ms }) => ({
      Name: name,
      Status: status,
      ...(ms !== undefined && { Milliseconds: ms }),
    })),
  }
}

function rungsOf({ task, outcome }: Details): readonly Rung[] {
  if (outcome !== undefined) return outcome.kind === 'listing' ? stepsOfListing(outcome) : stepsOfFailure(outcome)
  const at = task.step === undefined ? -1 : STEP_NAMES.indexOf(task.step)
  const current = isOpen(task) ? 'running' : 'failed'
  return STEP_NAMES.map((name, index) => {
    if (index > at) return { name, status: 'not reached' }
    return { name, status: index === at ? current : 'passed' }
  })
}
