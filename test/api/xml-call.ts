import { randomUUID } from 'node:crypto'
import { encodeParameters, signedParametersV1 } from '../../src/access/signature-v1.ts'
import type { RunningApi } from './running-api.ts'

/** A request of the account's root with Format=XML, and the answer as text. */
export async function xmlCall(
  api: Pick<RunningApi, 'key' | 'url'>,
  action: string,
  params: Record<string, string>,
): Promise<{ readonly status: number; readonly contentType: string | null; readonly text: string }> {
  const all = { Version: '2019-03-06', ...params, Action: action, Format: 'XML' }
  const moment = { method: 'GET', time: Date.now(), nonce: randomUUID() } as const
  const query = encodeParameters(signedParametersV1(all, api.key, moment))
  const response = await fetch(`${api.url}/?${query}`, { headers: { connection: 'close' } })
  return { status: response.status, contentType: response.headers.get('content-type'), text: await response.text() }
}
