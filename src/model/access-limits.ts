/** How much of each there may be, as on the original service; temporary keys are not limited there. */
export const ACCESS_LIMITS = {
  usersOfAccount: 1_000,
  keysOfUser: 2,
  /** Those that have not expired. */
  temporaryKeysOfPrincipal: 100,
  policiesOfAccount: 1_500,
  policiesOfUser: { System: 20, Custom: 10 },
} as const

/** Of the operator's work. */
export const ACCOUNT_LIMITS = {
  accounts: 10_000,
  nameLength: 128,
  /** Switched off by a new one, and still shown. */
  formerRootKeys: 10,
} as const

/** System: the same on every server. Custom: made by an account. */
export const POLICY_TYPES = ['System', 'Custom'] as const
export type PolicyType = (typeof POLICY_TYPES)[number]
