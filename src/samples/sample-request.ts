/** One parameter as `/openapi.json` declares it; more fields do no harm. */
export interface SampleParameter {
  readonly name: string
  readonly required: boolean
  /** The value that the text spells; a list is sent with commas. */
  readonly example: unknown
}

/** An action as `/openapi.json` has it: `operationId`, `x-postern-version` and `parameters` of an operation. */
export interface SampleAction {
  readonly name: string
  readonly version: string
  readonly parameters: readonly SampleParameter[]
}

/** How long the two-step sample asks for the list. */
export interface Wait {
  /** What the server may hold one answer for. */
  readonly seconds: number
  /** Enough for both deadlines of the task, after which the server has ended it. */
  readonly rounds: number
}

/** What a template writes; all of it is checked, none of it is quoted yet. */
export interface SampleRequest {
  readonly action: string
  readonly version: string
  /** As they are sent, in the order of the declaration. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** Without a path: every action is on `/`. */
  readonly origin: string
  /** With the port where it is not the usual one. */
  readonly host: string
  readonly scheme: 'http' | 'https'
  /** Only where the sample also waits for the list. */
  readonly wait: Wait | undefined
}

/** One language; the list of them is in `sample-code.ts`. */
export interface Template {
  /** For people. */
  readonly title: string
  /** The name that the sample expects its file to have. */
  readonly file: string
  write(request: SampleRequest): string
}

/** The action, the endpoint or a value is one that no sample can be written for; the message says which and why. */
export class SampleError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SampleError'
  }
}

export const CREATE_TASK = 'CreateGetDBListFromAgentTask'
export const READ_TASK = 'GetDBListFromAgent'
/** The server holds an answer for at most 25 s. */
const WAIT_SECONDS = 20
const DEADLINES = ['DeliveryTimeoutSeconds', 'ExecutionTimeoutSeconds']
const DEFAULT_DEADLINE_SECONDS = 60
const MAX_DEADLINE_SECONDS = 3600

interface Given {
  /** What was typed, as text; a required one that is missing gets its example. */
  readonly parameters: Readonly<Record<string, string>>
  readonly endpoint: string
  readonly waitForList: boolean
}

/** Throws SampleError. */
export function sampleRequest(action: SampleAction, { parameters, endpoint, waitForList }: Given): SampleRequest {
  const { name, version } = action
  if (!/^[A-Za-z]\w{0,99}$/.test(name)) throw new SampleError(`${JSON.stringify(name)} is no name of an action.`)
  if (!/^\d{4}-\d\d-\d\d$/.test(version)) throw new SampleError(`${JSON.stringify(version)} is no version.`)
  if (waitForList && name !== CREATE_TASK) {
    throw new SampleError(`Only a sample of ${CREATE_TASK} can wait for the list.`)
  }
  if (!URL.canParse(endpoint)) throw new SampleError(`The endpoint ${JSON.stringify(endpoint)} is no URL.`)
  const { protocol, host, origin } = new URL(endpoint)
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new SampleError('The endpoint begins with http:// or https://.')
  }
  return {
    action: name,
    version,
    parameters: sentParameters(action, parameters),
    origin,
    host,
    scheme: protocol === 'http:' ? 'http' : 'https',
    wait: waitForList ? waitOf(parameters) : undefined,
  }
}

function sentParameters(action: SampleAction, given: Readonly<Record<string, string>>) {
  const values = new Map(Object.entries(given))
  const declared = action.parameters.flatMap(({ name, required, example }) => {
    const value = values.get(name) ?? (required ? textOf(example) : undefined)
    return value === undefined ? [] : [[name, value] as const]
  })
  const known = new Set(action.parameters.map(({ name }) => name))
  const sent = [...declared, ...[...values].filter(([name]) => !known.has(name))]
  for (const [name, value] of sent) {
    if (!/^[A-Za-z][\w.]{0,99}$/.test(name)) throw new SampleError(`${JSON.stringify(name)} is no name of a parameter.`)
    if (/\0|\p{Cs}/u.test(value)) {
      throw new SampleError(`${name} has a character that cannot be sent: U+0000, or half of a pair.`)
    }
  }
  return sent
}

/** As it is sent: lists with commas. */
function textOf(example: unknown): string {
  return Array.isArray(example) ? example.map(String).join(',') : String(example)
}

function waitOf(given: Readonly<Record<string, string>>): Wait {
  const seconds = DEADLINES.map((name) => {
    const value = given[name] ?? ''
    return /^\d{1,5}$/.test(value) ? Math.min(Number(value), MAX_DEADLINE_SECONDS) : DEFAULT_DEADLINE_SECONDS
  })
  const longest = seconds.reduce((sum, each) => sum + each, 0)
  return { seconds: WAIT_SECONDS, rounds: Math.ceil(longest / WAIT_SECONDS) + 2 }
}
