/** Names of members and numbers in lists, from the document inwards. */
export type JsonPath = readonly (string | number)[]

/** What is wrong in a policy, and where: the cause of a MalformedPolicyDocument. */
export class PolicyFault extends Error {
  readonly path: JsonPath
  /** An unknown member of what the path leads to; the fault is at its name. */
  readonly member: string | undefined

  constructor(what: string, path: JsonPath, member?: string) {
    super(what)
    this.name = 'PolicyFault'
    this.path = path
    this.member = member
  }
}
