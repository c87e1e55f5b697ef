import type { ServerMetrics } from './server-metrics.ts'

/** Of a server whose metrics nobody can read: it starts without the library that counts them. */
export const NO_METRICS: ServerMetrics = {
  answered: () => {},
  committed: () => {},
  tasksEnded: () => {},
  roundTrip: () => {},
  linkEnded: () => {},
  gauges: () => {},
  counters: () => {},
  text: () => Promise.resolve(''),
}
