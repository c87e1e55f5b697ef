import { createHash, randomUUID } from 'node:crypto'
import type { SigningKey } from '../../src/access/signature-v1.ts'
import { encodeParameters } from '../../src/access/signature-v1.ts'
import { SIGNATURE_ALGORITHM_V3, signV3, stringToSignV3 } from '../../src/access/signature-v3.ts'
import { type Answer, type RunningApi, send } from './running-api.ts'

export interface RequestV3 {
  readonly method?: 'GET' | 'POST'
  readonly query?: Record<string, string>
  readonly body?: string
  readonly key?: SigningKey
  /** Instead of or beside the usual ones, before they are signed; undefined takes one away. */
  readonly headers?: Record<string, string | undefined>
  /** The names that are not signed. */
  readonly unsigned?: readonly string[]
  readonly authorization?: (usual: string) => string
  /** Changes what is sent after it was signed. */
  readonly after?: { body?: string; query?: string; headers?: Record<string, string> }
}

/** A request as the description of the signature says, or with the one thing wrong that is asked for. */
export async function callV3(api: RunningApi, action: string, request: RequestV3 = {}): Promise<Answer> {
  const { method = 'POST', query = {}, body, key = api.key, unsigned = [], after = {} } = request
  const all: Record<string, string | undefined> = {
    host: new URL(api.url).host,
    'x-acs-action': action,
    'x-acs-version': '2019-03-06',
    'x-acs-date': new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-content-sha256': createHash('sha256')
      .update(body ?? '')
      .digest('hex'),
    ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    ...request.headers,
  }
  const headers = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  const signed = headers.filter(([name]) => !unsigned.includes(name))
  const names = signed.map(([name]) => name).toSorted()
  const bodyHash = createHash('sha256')
    .update(body ?? '')
    .digest('hex')
  const parts = { method, path: '/', query: new Map(Object.entries(query)), headers: signed, bodyHash }
  const signature = signV3(stringToSignV3(parts), key.secret)
  const usual = `${SIGNATURE_ALGORITHM_V3} Credential=${key.accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`
  const text = after.query ?? encodeParameters(new Map(Object.entries(query)))
  const sent = after.body ?? body
  return send(`${api.url}/${text === '' ? '' : `?${text}`}`, {
    method,
    headers: {
      ...Object.fromEntries(headers.filter(([name]) => name !== 'host')),
      authorization: request.authorization?.(usual) ?? usual,
      ...after.headers,
    },
    ...(sent !== undefined && { body: sent }),
  })
}
