import type { Target } from '../../../access/authorise.ts'

/** What a call of access management touches. */
export const ramTarget = (name: string, resource: string): Target => ({
  action: `ram:${name}`,
  resource,
  conditions: {},
})
