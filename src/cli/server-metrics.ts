import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock } from '../base/clock.ts'
import type { LinkQuality } from '../fleet/presence.ts'
import { isTerminal, TASK_STATES, type TaskState } from '../model/task.ts'
import { LINK_END_CAUSES, type LinkEndCause } from './measured-links.ts'

/** What the server tells about one answered request. */
export interface AnsweredRequest {
  readonly action: string
  /** `OK`, or the error code. */
  readonly code: string
  readonly ms: number
}

export interface ServerMetrics {
  answered(request: AnsweredRequest): void
  /** A write is on disk, so long after it was asked for. */
  committed(ms: number): void
  tasksEnded(state: TaskState, count: number): void
  roundTrip(quality: LinkQuality): void
  /** The connection of a gateway ended. */
  linkEnded(cause: LinkEndCause): void
  /** Adds gauges that are read at each scrape; one that cannot be read is left out of that scrape. */
  gauges(gauges: Readonly<Record<string, ReadGauge>>): void
  /** Adds counters that are read at each scrape; they only ever grow. */
  counters(counters: Readonly<Record<string, ReadCounter>>): void
  /** Prometheus text. */
  text(): Promise<string>
}

/** With `label`, one value for each of its few values. */
export interface ReadGauge {
  readonly help: string
  readonly label?: string
  readonly read: () => number | Promise<number | Readonly<Record<string, number>>>
}

export interface ReadCounter {
  readonly help: string
  readonly read: () => number
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25]
/** The largest drift of the last minute, whatever the number of gateways. */
const DRIFT_WINDOW_MS = 60_000

/** No label grows with the number of gateways, accounts or tasks: their spread is in histograms and in the largest value. */
export function createServerMetrics(clock: Clock): ServerMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const requests = new Counter({
    name: 'postern_api_requests_total',
    help: 'Answered API requests.',
    labelNames: ['action', 'code'],
    registers,
  })
  const seconds = new Histogram({
    name: 'postern_api_request_seconds',
    help: 'Time from the request to its answer; waiting readers included.',
    labelNames: ['action'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 25],
    registers,
  })
  const commits = new Histogram({
    name: 'postern_store_commit_seconds',
    help: 'Time from a write to its commit on disk, waiting for others included.',
    buckets: SECONDS,
    registers,
  })
  const ended = new Counter({
    name: 'postern_tasks_ended_total',
    help: 'Tasks that ended, by their state.',
    labelNames: ['state'],
    registers,
  })
  const trips = new Histogram({
    name: 'postern_link_round_trip_seconds',
    help: 'Round trips of the pings of all gateways of this node.',
    buckets: SECONDS,
    registers,
  })
  const ends = new Counter({
    name: 'postern_link_ends_total',
    help: 'Connections of gateways that ended, by cause.',
    labelNames: ['cause'],
    registers,
  })
  // A rate of something that never was is no zero.
  for (const cause of LINK_END_CAUSES) ends.inc({ cause }, 0)
  for (const state of TASK_STATES) if (isTerminal(state)) ended.inc({ state }, 0)
  const drift = createWindowMaximum(clock, DRIFT_WINDOW_MS)
  const largest: Gauge = new Gauge({
    name: 'postern_link_clock_drift_seconds_max',
    help: 'Largest difference between the clock of a gateway and of this server in the last minute.',
    registers,
    collect: () => largest.set(drift.value / 1000),
  })
  return {
    answered({ action, code, ms }) {
      requests.inc({ action, code })
      seconds.observe({ action }, ms / 1000)
    },
    committed: (ms) => commits.observe(ms / 1000),
    tasksEnded: (state, count) => ended.inc({ state }, count),
    roundTrip({ rttMs, driftMs }) {
      if (rttMs !== undefined) trips.observe(rttMs / 1000)
      if (driftMs !== undefined) drift.add(Math.abs(driftMs))
    },
    linkEnded: (cause) => ends.inc({ cause }),
    gauges(all) {
      for (const [name, { help, label, read }] of Object.entries(all)) {
        const gauge: Gauge = new Gauge({
          name,
          help,
          labelNames: label === undefined ? [] : [label],
          registers,
          async collect() {
            gauge.reset()
            try {
              const value = await read()
              if (typeof value === 'number') gauge.set(value)
              else for (const [key, each] of Object.entries(value)) gauge.set({ [label ?? 'value']: key }, each)
            } catch {
              gauge.remove()
            }
          },
        })
      }
    },
    counters(all) {
      for (const [name, { help, read }] of Object.entries(all)) {
        const counter: Counter = new Counter({
          name,
          help,
          registers,
          collect() {
            counter.reset()
            counter.inc(read())
          },
        })
      }
    },
    text: () => registry.metrics(),
  }
}

/** The largest value of the last `windowMs` to twice that, in constant memory. */
export function createWindowMaximum(clock: Clock, windowMs: number) {
  let [before, now] = [0, 0]
  let startedAt = clock.now()
  const turn = () => {
    const windows = Math.floor((clock.now() - startedAt) / windowMs)
    if (windows === 0) return
    before = windows === 1 ? now : 0
    now = 0
    startedAt += windows * windowMs
  }
  return {
    add(value: number) {
      turn()
      now = Math.max(now, value)
    },
    get value() {
      turn()
      return Math.max(before, now)
    },
  }
}
