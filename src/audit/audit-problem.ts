/** The place where an audit trail is not as it was written. */
export class AuditProblem extends Error {
  constructor(place: string, what: string) {
    super(`${place}: ${what}.`)
    this.name = 'AuditProblem'
  }
}
