import { createHash, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:https'
import { z } from 'zod'
import { encodeParameters, type SigningKey, signedParametersV1 } from '../../src/access/signature-v1.ts'
import { SIGNATURE_ALGORITHM_V3, signV3, stringToSignV3 } from '../../src/access/signature-v3.ts'

const VERSION = '2019-03-06'
const FORM = 'application/x-www-form-urlencoded'

export interface Reply {
  readonly status: number
  readonly body: Record<string, unknown>
}

export interface TlsCaller extends Disposable {
  /** POST with a signature of version 1. */
  call(action: string, params?: Record<string, string>): Promise<Reply>
  /** GET with a signature of version 3, whose Host is signed. */
  callV3(action: string, params?: Record<string, string>): Promise<Reply>
  /** Nothing signed; `headers` beside the usual ones. */
  get(path: string, headers?: Record<string, string>): Promise<Reply>
}

/** A caller that keeps its connections, as official clients do, from an address of its own on loopback. */
export function tlsCaller(to: { url: string; ca: string; key: SigningKey; localAddress: string }): TlsCaller {
  const agent = new Agent({ ca: to.ca, keepAlive: true, localAddress: to.localAddress, family: 4 })
  const send = (path: string, headers: Record<string, string>, body?: string) =>
    new Promise<Reply>((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST'
      request(new URL(path, to.url), { agent, method, headers, timeout: 40_000 }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('error', reject).on('end', () => {
          const isJson = String(response.headers['content-type']).startsWith('application/json')
          const parsed = isJson ? z.record(z.string(), z.unknown()).parse(JSON.parse(text)) : { text }
          resolve({ status: response.statusCode ?? 0, body: parsed })
        })
      })
        .on('timeout', function (this: { destroy(error: Error): void }) {
          this.destroy(new Error('no answer within 40 s'))
        })
        .on('error', reject)
        .end(body)
    })
  return {
    call(action, params = {}) {
      const how = { method: 'POST', time: Date.now(), nonce: randomUUID() } as const
      const signed = signedParametersV1({ ...params, Action: action, Version: VERSION }, to.key, how)
      return send('/', { 'content-type': FORM }, encodeParameters(signed))
    },
    callV3(action, params = {}) {
      const bodyHash = createHash('sha256').update('').digest('hex')
      const query = new Map(Object.entries(params))
      const headers = {
        host: new URL(to.url).host,
        'x-acs-action': action,
        'x-acs-content-sha256': bodyHash,
        'x-acs-date': new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
        'x-acs-signature-nonce': randomUUID(),
        'x-acs-version': VERSION,
      }
      const parts = { method: 'GET', path: '/', query, headers: Object.entries(headers), bodyHash } as const
      const names = Object.keys(headers).toSorted().join(';')
      const signature = signV3(stringToSignV3(parts), to.key.secret)
      const authorization = `${SIGNATURE_ALGORITHM_V3} Credential=${to.key.accessKeyId},SignedHeaders=${names},Signature=${signature}`
      return send(`/?${encodeParameters(query)}`, { ...headers, authorization })
    },
    get: (path, headers = {}) => send(path, headers),
    [Symbol.dispose]: () => agent.destroy(),
  }
}
