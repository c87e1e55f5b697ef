import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type * as z from 'zod/mini'
import { useSession } from '../session/session.tsx'
import { ApiError, NO_CONNECTION } from './api-error.ts'
import type { Params } from './client.ts'

const MAX_RETRIES = 3

/** An action of which only its parameters and its answer change; made once beside the page that uses it. */
export interface Read<T> {
  readonly action: string
  readonly version: string
  readonly answer: z.ZodMiniType<T>
}

export interface ReadOptions<T> {
  readonly params?: Params
  /** Asked again so often, while the page is seen: a number, or made from the last answer; false ends it. */
  readonly pollMs?: number | false | ((answer: T | undefined) => number | false)
  /** False: not asked yet. */
  readonly enabled?: boolean
}

/** The answer of an action that only reads, kept up to date. `data` of other parameters stays until the new is there. */
export function useRead<T>(read: Read<T>, { params = {}, pollMs = false, enabled = true }: ReadOptions<T> = {}) {
  const { client, identity } = useSession()
  const { action, version, answer } = read
  return useQuery<T, ApiError>({
    queryKey: [action, version, params, identity.Arn],
    queryFn: ({ signal }) => client.call({ action, version, params, answer, signal }),
    refetchInterval: ({ state: { data, error } }) => {
      if (isRefused(error)) return false
      return typeof pollMs === 'function' ? pollMs(data) : pollMs
    },
    enabled,
    placeholderData: keepPreviousData,
  })
}

/** An action that changes something. What was read of the actions in `changes` is asked again afterwards. */
export function useChange<T>(change: Read<T>, { changes = [] }: { readonly changes?: readonly string[] } = {}) {
  const { client } = useSession()
  const queries = useQueryClient()
  const { action, version, answer } = change
  return useMutation<T, ApiError, Params>({
    mutationFn: (params) => client.call({ action, version, params, answer }),
    onSuccess: async () => {
      await Promise.all(changes.map((name) => queries.invalidateQueries({ queryKey: [name] })))
    },
  })
}

/** Asking again would be answered the same: and a denial that is asked for every second fills the audit trail. */
export function isRefused(error: Error | null): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429
}

/** Only what another try may mend. */
export function shallRetry(failures: number, error: Error): boolean {
  if (failures >= MAX_RETRIES || !(error instanceof ApiError)) return false
  return error.code === NO_CONNECTION || error.status === 503 || error.status === 429
}

export function retryDelayMs(failures: number, error: Error): number {
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined
  return asked ?? Math.min(8_000, 500 * 2 ** failures)
}
