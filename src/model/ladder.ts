import {
  type FailureOutcome,
  type ListingOutcome,
  type ListingWarning,
  type Step,
  STEP_NAMES,
  type StepName,
} from './listing.ts'

/** `not reached`: a step before it failed. `skipped`: the endpoint does not need it, such as TLS that is off. */
export const STEP_STATUSES = ['ok', 'warning', 'failed', 'not reached', 'skipped'] as const
export type StepStatus = (typeof STEP_STATUSES)[number]

export interface StepReport {
  readonly name: StepName
  readonly status: StepStatus
  /** Where the step was begun. */
  readonly ms?: number
}

export interface Problem {
  readonly step: StepName
  /** A code of the error table, or of a warning. */
  readonly code: string
  readonly message: string
  /** What to do, or the statement to run. */
  readonly mend?: string
}

/** Every step of an attempt that listed, in their order; what the user may not see is a warning of the privilege. */
export function stepsOfListing({ visibility, warnings, steps }: ListingOutcome): readonly StepReport[] {
  const doubtful = visibility !== 'complete' || warnings.length > 0
  return STEP_NAMES.map((name) => stepReport(name, steps, doubtful && name === 'privilege' ? 'warning' : 'skipped'))
}

/** Every step of an attempt that failed, in their order. */
export function stepsOfFailure({ step = 'configuration', steps }: FailureOutcome): readonly StepReport[] {
  const at = STEP_NAMES.indexOf(step)
  return STEP_NAMES.map((name, index) => stepReport(name, steps, index > at ? 'not reached' : 'skipped'))
}

export const problemOfWarning = ({ code, message, grant }: ListingWarning): Problem => ({
  step: 'privilege',
  code,
  message,
  ...(grant !== undefined && { mend: grant }),
})

/** `otherwise`: what a step is that was not begun; a warning holds of one that was begun, too. */
function stepReport(name: StepName, steps: readonly Step[], otherwise: StepStatus): StepReport {
  const step = steps.find((each) => each.name === name)
  if (step === undefined) return { name, status: otherwise }
  if (!step.ok) return { name, status: 'failed', ms: step.ms }
  return { name, status: otherwise === 'warning' ? otherwise : 'ok', ms: step.ms }
}
