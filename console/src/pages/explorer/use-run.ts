import { useCallback, useEffect, useRef, useState } from 'react'
import { ApiError } from '../../api/api-error.ts'
import type { ApiClient, Params, SignedRequest } from '../../api/client.ts'
import type { Action } from './action-catalogue.ts'
import type { AnswerLanguage } from './pretty-answer.ts'

/** Of typing, before the request is signed again. */
const PAUSE_MS = 200
/** A signature counts for 15 minutes; an older one is made again before it is sent. */
const FRESH_MS = 5 * 60_000

export type Outcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly text: string
      readonly headers: Headers
      readonly ms: number
      readonly language: AnswerLanguage
    }
  | { readonly kind: 'failed'; readonly error: ApiError }
  | { readonly kind: 'stopped' }

interface Shown {
  readonly of: string
  readonly request: SignedRequest
  readonly madeAt: number
  /** A nonce is good for one request. */
  readonly sent: boolean
}

interface Given {
  readonly client: ApiClient | undefined
  readonly action: Action
  /** Undefined while the form has faults. */
  readonly params: Params | undefined
}

/** The request of the form as it stands, signed before it is sent, and what came of it. */
export function useRun({ client, action, params }: Given) {
  const [shown, setShown] = useState<Shown>()
  const [outcome, setOutcome] = useState<Outcome>()
  const running = useRef<AbortController>(undefined)
  const [busy, setBusy] = useState(false)
  const { name, version } = action
  // What the request is made of, by value: a new object with the same in it is the same request.
  const wanted = params === undefined ? undefined : JSON.stringify(params)

  const sign = useCallback(
    async (of: string): Promise<Shown | undefined> => {
      if (client === undefined || params === undefined) return undefined
      return { of, request: await client.prepare(name, version, params), madeAt: Date.now(), sent: false }
    },
    [client, name, version, wanted],
  )
  useEffect(() => {
    if (wanted === undefined) {
      setShown(undefined)
      return undefined
    }
    let left = false
    const show = async () => {
      const made = await sign(wanted)
      // It may have been run meanwhile: that request is the one to look at.
      if (!left) setShown((before) => (before?.of === wanted && made !== undefined ? before : made))
    }
    const timer = setTimeout(() => void show(), PAUSE_MS)
    return () => {
      left = true
      clearTimeout(timer)
    }
  }, [sign, wanted])
  useEffect(() => () => running.current?.abort(), [])

  const run = async () => {
    if (client === undefined || wanted === undefined || running.current !== undefined) return
    const usable = shown?.of === wanted && !shown.sent && Date.now() - shown.madeAt < FRESH_MS
    const controller = new AbortController()
    running.current = controller
    setBusy(true)
    try {
      const signed = usable ? shown : await sign(wanted)
      if (signed === undefined) return
      setShown({ ...signed, sent: true })
      setOutcome(await outcomeOf(client, signed.request, controller.signal))
    } finally {
      running.current = undefined
      setBusy(false)
    }
  }
  return { shown, outcome, busy, run, stop: () => running.current?.abort() }
}

async function outcomeOf(client: ApiClient, request: SignedRequest, signal: AbortSignal): Promise<Outcome> {
  const began = performance.now()
  try {
    const { status, text, headers } = await client.send(request, signal)
    const language = (headers.get('content-type') ?? '').includes('xml') ? 'xml' : 'json'
    return { kind: 'answered', status, text, headers, ms: performance.now() - began, language }
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' }
    if (error instanceof ApiError) return { kind: 'failed', error }
    throw error
  }
}
