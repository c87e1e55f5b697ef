import type { Clock, Timer } from '../../src/base/clock.ts'
import type { Timeline } from './timeline.ts'

const EPOCH = Date.UTC(2026, 0, 1)

/** A computer with its own idea of the time. */
export interface Machine {
  readonly name: string
  /** Its wall clock minus the true time; it may jump. */
  skewMs: number
}

/** One process of a machine: it can die, and it can be stopped and go on. */
export interface MachineProcess {
  readonly name: string
  readonly alive: boolean
  readonly clock: Clock
  /** Does nothing once it is dead; waits while it is frozen. */
  plan(afterMs: number, run: () => void): Timer
  /** What is due meanwhile happens at the end of it, in order. */
  freeze(ms: number): void
  /** Nothing of it runs any more. */
  kill(): void
}

export function startProcess(name: string, machine: Machine, timeline: Timeline): MachineProcess {
  const anchor = EPOCH + machine.skewMs
  let alive = true
  let frozenUntil = 0

  const plan = (afterMs: number, run: () => void): Timer => {
    let planned = timeline.plan(afterMs, function due() {
      if (!alive) return
      const left = frozenUntil - timeline.now
      if (left > 0) planned = timeline.plan(left, due)
      else run()
    })
    return { cancel: () => planned.cancel() }
  }
  const clock: Clock = {
    now: () => Math.floor(anchor + timeline.now),
    wall: () => Math.floor(EPOCH + machine.skewMs + timeline.now),
    after: plan,
    every(ms, callback) {
      let timer: Timer
      let cancelled = false
      const round = () => {
        callback()
        if (!cancelled) timer = plan(ms, round)
      }
      timer = plan(ms, round)
      return {
        cancel() {
          cancelled = true
          timer.cancel()
        },
      }
    },
  }
  return {
    name,
    clock,
    plan,
    get alive() {
      return alive
    },
    freeze(ms) {
      frozenUntil = Math.max(frozenUntil, timeline.now + ms)
    },
    kill() {
      alive = false
    },
  }
}
