import { useDebouncedValue } from '@mantine/hooks'
import type { ApiError } from '../../api/api-error.ts'
import { useRead } from '../../api/use-api.ts'
import { VALIDATE_POLICY } from './access-actions.ts'

const PAUSE_MS = 300

export type PolicyProblem = NonNullable<(typeof VALIDATE_POLICY.answer)['_zod']['output']['Problem']>

/** What the server says of a text. `checking`: it is about an older one, or nothing has come yet. */
export type PolicyCheck =
  | { readonly state: 'empty' | 'checking' | 'valid' }
  | { readonly state: 'wrong'; readonly problem: PolicyProblem }
  | { readonly state: 'failed'; readonly error: ApiError }

/** Asks the server once the person has stopped typing for a moment. */
export function usePolicyCheck(text: string): PolicyCheck {
  const [asked] = useDebouncedValue(text, PAUSE_MS)
  const isEmpty = asked.trim() === ''
  const { data, error, isPlaceholderData } = useRead(VALIDATE_POLICY, {
    params: { PolicyDocument: asked },
    enabled: !isEmpty,
  })
  if (text.trim() === '') return { state: 'empty' }
  if (text !== asked) return { state: 'checking' }
  if (error !== null) return { state: 'failed', error }
  if (data === undefined || isPlaceholderData) return { state: 'checking' }
  if (data.Problem === undefined) return { state: 'valid' }
  return { state: 'wrong', problem: data.Problem }
}

/** Known to be none; while it is checked, and where that fails, the server decides when it is sent. */
export const isNoPolicy = ({ state }: PolicyCheck): boolean => state === 'empty' || state === 'wrong'
