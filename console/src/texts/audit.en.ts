export const auditEn = {
  trail: 'The audit trail',
  states: { Intact: 'As it was written', Broken: 'Not as it was written', Unchecked: 'Not checked yet' },
  means: {
    Intact:
      'Every entry carries the hash of the one before it, and the server signs how far the chain goes once a minute. All of it was gone through, and nothing was changed, removed, added or moved.',
    Broken:
      'Somebody or something changed the files of the trail after they were written. What comes before the place below is right.',
    Unchecked: 'The server goes through the whole trail beside its other work. The verdict comes here by itself.',
  },
  checking: 'A check is running …',
  checkedAt: 'Checked',
  entries: 'Entries checked',
  entriesOf: (count: number, first: number | undefined, last: number | undefined) =>
    first === undefined || last === undefined ? String(count) : `${count} (number ${first} to ${last})`,
  unsigned: 'Not signed yet',
  notWritable:
    'Nothing can be recorded now, so changes are refused. Is the disk of the server full, or its folder audit not writable? The server tries again by itself.',
  where: 'The first place that is wrong',
  whatToDo: 'What to do',
  mends: [
    'Copy the folder audit of the server away before anything else happens to it, with its times.',
    'Prove it offline with the command below, on the copy too; it names the file and the line.',
    'Compare with a backup or with a head that you noted elsewhere: between the last right head and that line something was touched.',
    'Find out who could write to the folder, and replace the keys that could have been misused.',
    'Keep the broken part. The server goes on writing behind it, and the verdict stays as it is until those days are over.',
  ],
  proveIt: 'Prove it without the server',
  proveHelp:
    'On the machine of the server, or on a copy of its folder. The command reads the files itself and does not take the word of the server.',
  headHelp:
    'This is how far the trail goes now. Note it where nobody who can write to the folder can reach it: later the command proves that nothing up to here was touched.',

  whoDidWhat: 'Who did what',
  all: 'All',
  time: 'When',
  action: 'Action',
  principal: 'Who',
  outcome: 'Outcome',
  address: 'From where',
  from: 'From',
  to: 'Until before',
  done: 'OK',
  refused: 'Refused or failed',
  noFilter: 'Show all',
  none: 'Nothing has been recorded yet',
  noneHelp: 'Changes, denials and sign-ins of gateways appear here as they happen.',
  noneFits: 'No entry fits',
  noneFitsHelp: 'Reads that succeed are recorded only where the server is set to (auditReads).',
  entryTitle: (seq: number) => `Entry ${seq}`,
  kind: 'Kind',
  kindOf: (kind: string) =>
    kind === 'call'
      ? 'call of the API'
      : kind === 'sign-in'
        ? 'sign-in of a gateway'
        : kind === 'operator'
          ? 'work of the operator'
          : kind,
  version: 'Version',
  denied: 'Permission missing',
  yes: 'yes',
  httpStatus: 'HTTP status',
  gateway: 'Gateway',
  fingerprint: 'Key of the gateway',
  resource: 'What was touched',
  took: 'Took',
  milliseconds: (ms: number) => `${ms} ms`,
  copyEntry: 'Copy as JSON',
}
