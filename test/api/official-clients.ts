import RPCClient from '@alicloud/pop-core'
import { z } from 'zod'
import { OPENAPI_CLIENTS, type OpenApiCall, type OpenApiOptions } from './openapi-client.ts'

export interface OfficialCall {
  readonly action: string
  readonly version: string
  readonly params: Readonly<Record<string, string>>
}

/** One way of calling with one client that is as it was published. */
export interface OfficialClient {
  readonly package: string
  readonly signature: 'V1' | 'V3'
  readonly form: string
  /** The calls reject with an exception that has `code`. */
  open(options: OpenApiOptions): (call: OfficialCall) => Promise<Record<string, unknown>>
}

const answer = z.record(z.string(), z.unknown())

const popCore = (method: 'GET' | 'POST'): OfficialClient => ({
  package: '@alicloud/pop-core',
  signature: 'V1',
  form: method,
  open({ url, accessKeyId, accessKeySecret }) {
    return async ({ action, version, params }) => {
      const client = new RPCClient({ endpoint: url, apiVersion: version, accessKeyId, accessKeySecret })
      return answer.parse(await client.request(action, params, { method }))
    }
  },
})

/** Where the parameters go. */
const PLACES: Readonly<Record<string, (params: Record<string, string>) => OpenApiCall>> = {
  'POST, query': (params) => ({ query: params }),
  'POST, form': (params) => ({ body: params }),
  'GET, query': (params) => ({ query: params, method: 'GET' }),
}

function openApi(name: string, place: string, signature: 'V1' | 'V3'): OfficialClient {
  return {
    package: `@alicloud/${name}`,
    signature,
    form: place,
    open(options) {
      const call = OPENAPI_CLIENTS[name]?.({ ...options, ...(signature === 'V1' && { signatureAlgorithm: 'v2' }) })
      const put = PLACES[place]
      if (call === undefined || put === undefined) throw new Error(`There is no ${name} with ${place}.`)
      return async ({ action, version, params }) => answer.parse(await call(action, { ...put(params), version }))
    },
  }
}

/** All that is tried; the page about compatibility is made from it. */
export const OFFICIAL_CLIENTS: readonly OfficialClient[] = [
  popCore('GET'),
  popCore('POST'),
  ...Object.keys(OPENAPI_CLIENTS).flatMap((name) =>
    (['V3', 'V1'] as const).flatMap((signature) => Object.keys(PLACES).map((place) => openApi(name, place, signature))),
  ),
]
