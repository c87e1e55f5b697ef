/** Names of members and numbers in lists, from the document inwards. */
export type JsonPath = readonly (string | number)[]

/** What may be wrong in a policy, for programs that say it in another language. The API has them: only ever added to. */
export const POLICY_FAULT_KINDS = [
  'TooLong',
  'NotJson',
  'RepeatedName',
  'NoObject',
  'UnknownElement',
  'Version',
  'StatementList',
  'Effect',
  'ActionOrNotAction',
  'Action',
  'Resource',
  'NoText',
  'NoTextOrList',
  'UnknownOperator',
  'NoConditionKey',
  'UnknownConditionKey',
  'OtherOperator',
  'OneValue',
  'Number',
  'Time',
  'TrueOrFalse',
  'IpAddress',
  'GatewayId',
  'GatewayIdPattern',
  'DatabaseType',
  'DatabaseTypePattern',
  'SourceEndpoint',
  'SourceEndpointPattern',
  'SourceEndpointAnyPort',
  'SourceEndpointPort',
  'SourceEndpointWildcard',
] as const
export type PolicyFaultKind = (typeof POLICY_FAULT_KINDS)[number]

/** Why a value of a policy is none: a sentence without its subject, and the same for programs. */
export interface WrongValue {
  readonly reason: string
  readonly kind: PolicyFaultKind
}

export interface FaultDetails {
  readonly kind: PolicyFaultKind
  readonly path: JsonPath
  /** The name that is not known, or is there twice. */
  readonly found?: string
  /** What could stand there: the one that looks like it, or all. */
  readonly expected?: readonly string[]
}

/** What is wrong in a policy, and where: the cause of a MalformedPolicyDocument. */
export class PolicyFault extends Error {
  readonly details: FaultDetails

  constructor(what: string, details: FaultDetails) {
    super(what)
    this.name = 'PolicyFault'
    this.details = details
  }
}

/** `Statement[0].Condition.StringLike["postern:SourceEndpoint"][1]`; empty for the document. */
export const shownPath = (path: JsonPath): string =>
  path
    .map((step) => (typeof step === 'number' || !/^\w+$/.test(step) ? `[${JSON.stringify(step)}]` : `.${step}`))
    .join('')
    .replace(/^\./, '')
