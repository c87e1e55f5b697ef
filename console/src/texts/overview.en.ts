import { counted } from './counted.ts'
import { duration } from './duration.ts'

export const overviewEn = {
  range: 'Shown',
  minutes: (count: number) =>
    count < 120
      ? `the last ${counted(count, 'minute', 'minutes')}`
      : `the last ${counted(count / 60, 'hour', 'hours')}`,
  online: 'Gateways online',
  ofTotal: (total: number) => `of ${total}`,
  otherStatuses: {
    Offline: (count: number) => `${count} offline`,
    Conflict: (count: number) => `${count} in conflict`,
    Stopped: (count: number) => `${count} stopped`,
    Upgrading: (count: number) => `${count} upgrading`,
  },
  perMinute: 'Tasks a minute',
  lastMinute: 'ended in the last full minute',
  waiting: 'Queued tasks',
  running: 'Running tasks',
  withoutList: 'Failed or timed out',
  share: (failed: number, all: number) => `${failed} of ${all} that ended`,
  ended: 'Ended tasks by minute (the last minute is still running)',
  states: { Succeeded: 'Succeeded', Failed: 'Failed', TimedOut: 'Timed out', Cancelled: 'Cancelled' },
  failures: 'Failures by code',
  failuresCount: 'Tasks',
  failuresName: 'Code',
  otherCodes: 'Other codes',
  noFailures: 'No task failed.',
  latency: 'Time from creation to end',
  percentiles: { p50: '50 % within', p90: '90 % within', p99: '99 % within' },
  noTasks: 'No task ended in this time.',
  noGateways: 'No gateway is enrolled yet.',
  noGatewaysHelp: 'A gateway runs beside the databases and dials out to this server. It is the first thing to make.',
  enrol: 'Enrol a gateway',
  discover: 'List the databases of a server',
  counting: 'Some minutes are still being counted.',
  milliseconds: (ms: number) => duration(ms, { ms: 'ms', s: 's' }),
}
