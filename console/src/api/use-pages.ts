import { useQueries } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useSession } from '../session/session.tsx'
import { ApiError } from './api-error.ts'
import type { Params } from './client.ts'
import { isRefused, type Read } from './use-api.ts'

/** 100,000 rows of 100: nobody scrolls through more, they filter. */
const MAX_PAGES = 1_000
/** An answer may have no rows and still not be the last one; after so many of them nobody asks by itself. */
const MAX_EMPTY = 20
/** The next page is asked for when so many rows are left below. */
const AHEAD = 40

interface Paged {
  readonly NextToken?: string | undefined
}

export interface PagesOptions<T, R> {
  readonly params?: Params
  /** Made once beside the page that uses it, as `keyOf`. */
  readonly rowsOf: (answer: T) => readonly R[]
  readonly keyOf: (row: R) => string
  /** The pages that are seen are asked again so often; those that are not seen, never. */
  readonly pollMs?: number | false
  readonly enabled?: boolean
}

export interface Pages<R> {
  /** Of the pages so far, each key once. Rows of other parameters stay until the new ones are there. */
  readonly rows: readonly R[]
  readonly hasMore: boolean
  /** Nothing has come yet. */
  readonly isLoading: boolean
  readonly error: ApiError | undefined
  readonly again: () => void
  /** It looks for rows that fit, further and further back; `waits`: so far back that it goes on only with `goOn`. */
  readonly search: 'none' | 'runs' | 'waits'
  readonly goOn: () => void
  /** To be told which rows are on the screen: it gets what is missing there. Goes into `onSeen` of a DataTable. */
  readonly onSeen: (first: number, last: number) => void
}

interface Reached {
  /** Of which parameters. */
  readonly of: string
  readonly tokens: readonly (string | undefined)[]
  /** How many pages without a row may be at its end. */
  readonly maxEmpty: number
}

/** A list that the server hands out page by page: as much of it as was scrolled to. */
export function usePages<T extends Paged, R>(read: Read<T>, options: PagesOptions<T, R>): Pages<R> {
  const { params = {}, rowsOf, keyOf, pollMs = false, enabled = true } = options
  const { client, identity } = useSession()
  const { action, version, answer } = read
  const of = JSON.stringify(params)
  const [kept, setReached] = useState<Reached>({ of, tokens: [undefined], maxEmpty: MAX_EMPTY })
  const reached = kept.of === of ? kept : { of, tokens: [undefined], maxEmpty: MAX_EMPTY }
  const [seen, setSeen] = useState({ first: 0, last: 0 })
  const starts = useRef<readonly number[]>([0])

  const isSeen = (page: number) => {
    const from = starts.current[page] ?? 0
    const to = starts.current[page + 1] ?? Number.POSITIVE_INFINITY
    // New rows come to the first one, also where it has none yet.
    return page === 0 ? seen.first <= to : seen.first < to && seen.last >= from
  }
  const queries = useQueries({
    queries: reached.tokens.map((token, page) => {
      const asked = { ...params, NextToken: token }
      return {
        queryKey: [action, version, asked, identity.Arn],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          client.call({ action, version, params: asked, answer, signal }),
        refetchInterval: (query: { readonly state: { readonly error: Error | null } }) =>
          isSeen(page) && !isRefused(query.state.error) ? pollMs : false,
        enabled,
      }
    }),
  })

  const stamp = `${of} ${queries.map(({ dataUpdatedAt }) => dataUpdatedAt).join()}`
  const found = useMemo(() => {
    const byKey = new Map<string, R>()
    const from: number[] = []
    for (const { data } of queries) {
      from.push(byKey.size)
      for (const row of data === undefined ? [] : rowsOf(data)) {
        const key = keyOf(row)
        if (!byKey.has(key)) byKey.set(key, row)
      }
    }
    return { rows: [...byKey.values()], starts: from }
    // The stamp stands for what has come.
  }, [stamp])
  const hasFirst = queries[0]?.data !== undefined
  const shown = useRef<readonly R[]>([])
  if (hasFirst) shown.current = found.rows
  starts.current = found.starts

  const last = queries.at(-1)
  const next = last?.data?.NextToken
  const hasMore = next !== undefined && reached.tokens.length < MAX_PAGES
  const isNear = seen.last >= found.rows.length - AHEAD
  const empty = emptyAtEnd(found.starts, found.rows.length)
  const mayAsk = empty < reached.maxEmpty
  useEffect(() => {
    if (!hasFirst || !hasMore || !isNear || !mayAsk || reached.tokens.includes(next)) return
    setReached({ ...reached, of, tokens: [...reached.tokens, next] })
  }, [of, hasFirst, hasMore, isNear, mayAsk, next, reached])

  const failed =
    queries.find(({ error, data }) => error !== null && data === undefined) ??
    queries.find(({ error }) => error !== null)
  const onSeen = useCallback(
    (first: number, to: number) =>
      setSeen((before) => (before.first === first && before.last === to ? before : { first, last: to })),
    [],
  )
  return {
    rows: shown.current,
    hasMore: hasMore || (last?.isPending ?? false),
    isLoading: !hasFirst && shown.current.length === 0,
    error: failed?.error instanceof ApiError ? failed.error : undefined,
    again: () => {
      for (const query of queries) if (query.error !== null) void query.refetch()
    },
    search: !isNear || empty === 0 || !(hasMore || last?.isPending) ? 'none' : mayAsk ? 'runs' : 'waits',
    goOn: () => setReached({ ...reached, of, maxEmpty: empty + MAX_EMPTY }),
    onSeen,
  }
}

/** Pages at the end that brought no row. */
function emptyAtEnd(starts: readonly number[], rows: number): number {
  const first = starts.indexOf(rows)
  return first < 0 ? 0 : starts.length - first
}
