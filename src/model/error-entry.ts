/** One row of the error table. `{X}` in a code or a message is filled from `values`. */
export interface ErrorEntry {
  /** HTTP status. */
  readonly status: number
  readonly message: string
  /** For people: the error pages and the documents are made from these two. */
  readonly meaning: string
  readonly mend: string
}
