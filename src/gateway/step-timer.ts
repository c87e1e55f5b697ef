import type { Clock, Timer } from '../base/clock.ts'
import { STEP_NAMES, type Step, type StepName } from '../model/listing.ts'

/** A shorter step would be over when those who look on hear of it, and each costs a message. */
export const TOLD_AFTER_MS = 100

/** Times the steps of one attempt. A step that comes again adds to its time, so there are at most as many as names. */
export interface StepTimer {
  /** Ends the step before it. Nothing when it is the current one already. */
  begin(name: StepName): void
  readonly current: StepName | undefined
  /** What comes from now on is no part of any step. */
  stop(): void
  /** In their order; the current one ended well or not. */
  finish(ok: boolean): readonly Step[]
}

/** `onStep` is told of a step that lasts for TOLD_AFTER_MS. */
export function createStepTimer(clock: Clock, onStep?: (name: StepName) => void): StepTimer {
  let telling: Timer | undefined
  const spent = new Map<StepName, number>()
  let current: { name: StepName; since: number } | undefined
  let stopped = false

  const end = () => {
    telling?.cancel()
    if (current === undefined || stopped) return
    const ms = Math.max(0, Math.round(clock.now() - current.since))
    spent.set(current.name, (spent.get(current.name) ?? 0) + ms)
  }

  return {
    get current() {
      return current?.name
    },
    begin(name) {
      if (current?.name === name || stopped) return
      end()
      current = { name, since: clock.now() }
      if (onStep !== undefined) telling = clock.after(TOLD_AFTER_MS, () => onStep(name))
    },
    stop() {
      end()
      stopped = true
    },
    finish(ok) {
      this.stop()
      const failed = ok ? undefined : current?.name
      const names = STEP_NAMES.filter((name) => spent.has(name))
      return names.map((name) => ({ name, ms: spent.get(name) ?? 0, ok: name !== failed }))
    },
  }
}
