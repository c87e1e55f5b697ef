import { userName } from '../../ram-parameter-kinds.ts'

/** Whose key is meant. */
export const keyOwnerName = () =>
  userName()
    .optional()
    .meta({ description: 'Whose key; by default the caller’s own.', examples: ['alice'] })
