/** A part of a list and whether it goes on. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly more: boolean
}

/** From one item more than the page has, where there is one. */
export const pageOf = <T>(found: readonly T[], limit: number): Page<T> => ({
  items: found.slice(0, limit),
  more: found.length > limit,
})
