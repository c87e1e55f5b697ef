import { counted } from './counted.ts'
import type { Spelt } from '../pages/explorer/action-catalogue.ts'
import type { Fault } from '../pages/explorer/check-value.ts'

export const explorerEn = {
  intro:
    'Every action of this server: what it takes, what it answers, the code that calls it. Choose one, fill in the form, look at the signed request, run it.',
  introSignedOut: 'You can read all of it and copy sample code without signing in. To run an action, sign in.',
  search: 'Search',
  searchHelp: 'Words of a name, a description or a parameter',
  found: (shown: number, all: number) =>
    shown === all ? counted(all, 'action', 'actions') : `${shown} of ${counted(all, 'action', 'actions')}`,
  noneFound: 'No action has all of these words. Try fewer.',
  actions: 'Actions',
  allActions: 'All actions',
  noAction: (name: string) => `This server has no action ${name}.`,
  group: (name: string) =>
    ({
      Dbs: 'DBS: lists of databases',
      Postern: 'Postern: tasks and gateways',
      Ram: 'RAM: users, keys, policies',
      Sts: 'STS: temporary keys',
    })[name] ?? name,
  version: (version: string) => `Version ${version}`,
  reads: 'Only reads',
  changes: 'Changes something',
  removes: 'Deletes something',
  parameters: 'Parameters',
  noParameters: 'This action takes no parameters.',
  choose: 'Choose …',
  leftOut: 'Not sent',
  usual: 'Default:',
  example: 'Example:',
  fill: 'Fill in examples where a value is needed',
  clear: 'Empty the form',
  format: 'Answer in',
  run: (name: string) => `Run ${name}`,
  running: 'Running …',
  stop: 'Stop waiting',
  answered: (status: number) => `Answered with HTTP ${status}.`,
  signInToRun: 'Sign in to run it',
  kind: ({ type, enum: choices, format, minimum, maximum, minLength, maxLength, items }: Spelt): string => {
    if (type === 'array') return items?.type === 'integer' ? 'Whole numbers, with commas' : 'Several of these'
    if (type === 'boolean') return 'true or false'
    if (type === 'integer') {
      if (format === 'int64') return 'Whole number (64 bits)'
      if (minimum === undefined || maximum === undefined) return 'Whole number'
      return `Whole number, ${minimum} to ${maximum}`
    }
    if (choices !== undefined) return 'One of these'
    if (maxLength === undefined) return 'Text'
    return minLength === undefined
      ? `Text, up to ${counted(maxLength, 'character', 'characters')}`
      : `Text, ${minLength} to ${maxLength} characters`
  },
  fault: (fault: Fault): string => {
    if (fault.kind === 'required') return 'The action needs a value here.'
    if (fault.kind === 'unsendable') return 'It has a character that cannot be sent: U+0000, or half of a pair.'
    if (fault.kind === 'twice') return 'Each only once.'
    if (fault.kind === 'choice') return 'It is none of the values that there are.'
    if (fault.kind === 'truth') return 'It is true or false.'
    if (fault.kind === 'number') {
      return fault.max === undefined
        ? 'It must be a whole number, with at most 19 digits.'
        : `It must be a whole number from ${fault.min ?? 0} to ${fault.max}.`
    }
    if (fault.kind === 'short') return `It must have at least ${counted(fault.limit, 'character', 'characters')}.`
    if (fault.kind === 'long') return `It may have at most ${counted(fault.limit, 'character', 'characters')}.`
    if (fault.kind === 'many') return `At most ${fault.limit} of them.`
    return `It does not have the form ${fault.pattern}`
  },
  ask: {
    title: (name: string) => `Run ${name}?`,
    changes: 'This changes something on the server.',
    removes: 'This deletes something on the server, or ends it for good.',
    values: 'With these values:',
    run: 'Yes, run it',
    cancel: 'No, do not',
  },
  answer: {
    title: 'Answer',
    body: 'Body of the answer',
    cut: (shown: number) =>
      `Only the beginning is shown, ${counted(shown, 'character', 'characters')}: the copy and the download have all.`,
    took: (ms: number) => `${ms} ms`,
    explain: (code: string) => `What ${code} means and what to do`,
    copy: 'Copy the answer',
    headers: 'Headers of the answer',
    stopped: 'You have stopped waiting. The server may have done it all the same.',
  },
  sample: {
    title: 'Sample code',
    languages: 'Languages',
    label: (title: string) => `Sample code: ${title}`,
    assumed: (names: string) =>
      `The form has no value yet for ${names}: the sample has the example of its description.`,
    key: 'The program reads the AccessKey from ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET; it is never in the code.',
    wait: 'Also wait for the list',
    copy: 'Copy the code',
    download: (file: string) => `Download ${file}`,
  },
  signing: {
    title: 'The signed request, step by step',
    needsKey:
      'Sign in to see how the request is signed. That happens in this browser; the secret is never shown or sent.',
    needsValues: 'Give the form sound values to see the request.',
    willBeSent: 'This is the request that Run will send.',
    wasSent: 'This request was sent. The next one gets a nonce and a signature of its own.',
    empty: 'Empty.',
    copy: (title: string) => `Copy: ${title}`,
    body: {
      title: 'The parameters as a form',
      how: 'Names and values are percent-encoded (RFC 3986, UTF-8). This is the body.',
    },
    bodyHash: {
      title: 'The hash of the body',
      how: 'SHA-256 of the body, in hexadecimal. It goes as x-acs-content-sha256.',
    },
    canonical: {
      title: 'The canonical request',
      how: 'With line feeds between them: method, path, query (empty here), each signed header by name, their names, the hash of the body.',
    },
    toSign: {
      title: 'The string to sign',
      how: 'ACS3-HMAC-SHA256, a line feed, and the SHA-256 of the canonical request.',
    },
    signature: {
      title: 'The signature',
      how: 'HMAC-SHA256 of the string to sign with the secret, which the browser holds and does not show.',
    },
    sent: {
      title: 'The request as it goes',
      how: 'Of the key it has the AccessKey ID, the signature, and the security token of a temporary key; never the secret.',
    },
  },
  errors: 'Errors',
  errorsOf: (count: number) => `${counted(count, 'code', 'codes')} that this action can answer with`,
}
