import { counted } from './counted.ts'

export const errorsEn = {
  help: 'Every code that the server can answer. Programs branch on the code; the message is for people. {P} stands for the name of a parameter.',
  search: 'Search in codes and texts',
  group: 'Where it comes from',
  all: 'All',
  groups: { request: 'Any request', access: 'Users, keys and policies', discovery: 'Tasks that ended without a list' },
  count: (shown: number, all: number) =>
    shown === all ? counted(all, 'code', 'codes') : `${shown} of ${counted(all, 'code', 'codes')}`,
  noneFits: 'No code fits',
  noneFitsHelp: 'Search for a part of the code, or for a word of its message.',
  back: 'All codes',
  unknown: 'This server has no such code',
  unknownHelp: 'It may be of another version, or of something between you and the server, a proxy for example.',
  meaning: 'What it means',
  mend: 'What to do',
  cause: 'Where it comes from',
  causes: {
    request: 'From the server, before or while it worked on the request. The request was not done.',
    access: 'From the server, about users, keys and policies. Nothing was changed.',
    discovery: 'From the work of a gateway: the task ended without a list. The task itself shows at which step.',
  },
  actions: 'Answered by',
  httpStatus: 'HTTP status',
  message: 'Message',
  entry: 'Described as',
  requestIdHelp: 'The log and the audit trail of the server have this RequestId too.',
}
