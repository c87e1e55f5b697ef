import { counted } from './counted.ts'

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
  waiting: 'Tasks that wait',
  running: 'Tasks that run',
  withoutList: 'Without a list',
  share: (failed: number, all: number) => `${failed} of ${all} that ended`,
  ended: 'Tasks that ended, by minute (the last one runs)',
  states: { Succeeded: 'Listed', Failed: 'Failed', TimedOut: 'Not in time', Cancelled: 'Cancelled' },
  failures: 'Failures by code',
  failuresCount: 'Tasks',
  failuresName: 'Code',
  otherCodes: 'Other codes',
  noFailures: 'No task failed.',
  latency: 'From creation to end',
  percentiles: { p50: 'half of them within', p90: '90 % within', p99: '99 % within' },
  noTasks: 'No task ended in this time.',
  noGateways: 'No gateway is enrolled yet.',
  noGatewaysHelp: 'A gateway runs beside the databases and dials out to this server. It is the first thing to make.',
  enrol: 'Enrol a gateway',
  discover: 'List the databases of a server',
  counting: 'Some minutes are still being counted.',
  milliseconds: (ms: number) => (ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`),
}
