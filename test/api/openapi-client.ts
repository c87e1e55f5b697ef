import openApi from '@alicloud/openapi-client'
import core from '@alicloud/openapi-core'
import teaUtil from '@alicloud/tea-util'
import { RuntimeOptions } from '@darabonba/typescript'
import { z } from 'zod'

export interface OpenApiOptions {
  readonly url: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
  readonly signatureAlgorithm?: 'v2'
}

export interface OpenApiCall {
  readonly version?: string
  readonly method?: 'GET' | 'POST'
  readonly query?: Record<string, string>
  readonly body?: Record<string, string>
  readonly bodyType?: 'json' | 'string'
}

/** What both official clients do; the body is parsed JSON, or text for `bodyType: 'string'`. */
export type OpenApiClient = (action: string, call?: OpenApiCall) => Promise<unknown>

const answer = z.object({ body: z.unknown() })

const configOf = ({ url, ...rest }: OpenApiOptions) => ({ ...rest, endpoint: new URL(url).host, protocol: 'HTTP' })
const paramsOf = (
  action: string,
  { version = '2019-03-06', method = 'POST', body, bodyType = 'json' }: OpenApiCall,
) => ({
  action,
  version,
  method,
  bodyType,
  protocol: 'HTTP',
  pathname: '/',
  authType: 'AK',
  style: 'RPC',
  reqBodyType: body === undefined ? 'json' : 'formData',
})
const requestOf = ({ query, body }: OpenApiCall) => ({ ...(query && { query }), ...(body && { body }) })

/** The unmodified clients that generated SDKs are built on. */
export const OPENAPI_CLIENTS: Readonly<Record<string, (options: OpenApiOptions) => OpenApiClient>> = {
  'openapi-client'(options) {
    const client = new openApi.default(new openApi.Config(configOf(options)))
    return async (action, call = {}) => {
      const params = new openApi.Params(paramsOf(action, call))
      const request = new openApi.OpenApiRequest(requestOf(call))
      return answer.parse(await client.callApi(params, request, new teaUtil.RuntimeOptions({}))).body
    }
  },
  'openapi-core'(options) {
    const client = new core.default(new core.$OpenApiUtil.Config(configOf(options)))
    return async (action, call = {}) => {
      const params = new core.$OpenApiUtil.Params(paramsOf(action, call))
      const request = new core.$OpenApiUtil.OpenApiRequest(requestOf(call))
      return answer.parse(await client.callApi(params, request, new RuntimeOptions({}))).body
    }
  },
}
