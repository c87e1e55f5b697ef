import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { z } from 'zod'
import { encodeParameters, type SigningKey, signedParametersV1 } from '../access/signature-v1.ts'
import type { Reply } from '../link/post.ts'
import { CommandError, EXIT, reason, usageError } from './exit-code.ts'
import { routeOf, withCaFile } from './route.ts'

const REQUEST_MS = 40_000
/** Well above the longest list. */
const MAX_REPLY_BYTES = 256 * 1024 * 1024

export interface ConnectionOptions {
  readonly endpoint?: string
  readonly keyFile?: string
  readonly caFile?: string
  readonly serverFingerprint?: string
}

/** What every command that calls the API takes. */
export function withConnection(command: Command): Command {
  const options = command
    .option('--endpoint <url>', 'address of the server (default: POSTERN_ENDPOINT)')
    .option('--key-file <file>', 'JSON file with the AccessKey (default: ALIBABA_CLOUD_ACCESS_KEY_ID and _SECRET)')
  return withCaFile(options)
}

const keyFileSchema = z.object({
  AccessKeyId: z.string().min(1),
  AccessKeySecret: z.string().min(1),
  SecurityToken: z.string().min(1).optional(),
})

/** One answer: `ok` tells 2xx; the fields are whatever the action answers. */
export interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly body: Record<string, unknown>
}

export interface ApiClient {
  readonly endpoint: string
  /** Rejects with exit code 3 where there is no connection. */
  call(
    action: string,
    options: { version: string; params: Record<string, string>; signal?: AbortSignal },
  ): Promise<Answer>
}

/** Address from --endpoint or POSTERN_ENDPOINT, key from --key-file or ALIBABA_CLOUD_ACCESS_KEY_ID/_SECRET and _SECURITY_TOKEN. */
export async function createApiClient(options: ConnectionOptions, env: NodeJS.ProcessEnv): Promise<ApiClient> {
  const endpoint = options.endpoint ?? env['POSTERN_ENDPOINT']
  if (endpoint === undefined || endpoint === '') {
    throw usageError(
      'Which server? Set POSTERN_ENDPOINT, for example POSTERN_ENDPOINT=http://127.0.0.1:7070, or give --endpoint.',
    )
  }
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw usageError(`The address ${endpoint} is not one of a server: it begins with http:// or https://.`)
  }
  const credentials = await readCredentials(options, env)
  const route = await routeOf({ ...options, server: new URL(endpoint) }, env)
  const { post } = await import('../link/post.ts')
  return {
    endpoint,
    async call(action, { version, params, signal }) {
      const deadline = AbortSignal.timeout(REQUEST_MS)
      const signed = signedParametersV1({ ...params, Action: action, Version: version }, credentials, {
        method: 'POST',
        time: Date.now(),
        nonce: randomUUID(),
      })
      let reply: Reply
      try {
        reply = await post(new URL(endpoint), {
          contentType: 'application/x-www-form-urlencoded',
          body: encodeParameters(signed),
          maxReplyBytes: MAX_REPLY_BYTES,
          route,
          signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        })
      } catch (error) {
        if (signal?.aborted) throw error
        throw new CommandError(EXIT.noConnection, `No connection to ${endpoint}: ${reason(error)}`, { cause: error })
      }
      return { ok: reply.status >= 200 && reply.status < 300, status: reply.status, body: readJson(reply, endpoint) }
    },
  }
}

async function readCredentials({ keyFile }: ConnectionOptions, env: NodeJS.ProcessEnv): Promise<SigningKey> {
  if (keyFile !== undefined) {
    const text = await readFile(keyFile, 'utf8').catch((error: unknown) => {
      throw usageError(`The key file ${keyFile} cannot be read: ${reason(error)}`)
    })
    const parsed = keyFileSchema.safeParse(tryJson(text))
    if (!parsed.success) {
      throw usageError(`The key file ${keyFile} is not JSON with AccessKeyId and AccessKeySecret.`)
    }
    const { AccessKeyId, AccessKeySecret, SecurityToken } = parsed.data
    return withToken({ accessKeyId: AccessKeyId, secret: AccessKeySecret }, SecurityToken)
  }
  const accessKeyId = env['ALIBABA_CLOUD_ACCESS_KEY_ID']
  const secret = env['ALIBABA_CLOUD_ACCESS_KEY_SECRET']
  if (!accessKeyId || !secret) {
    throw usageError(
      'Which key? Give --key-file FILE, or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.',
    )
  }
  return withToken({ accessKeyId, secret }, env['ALIBABA_CLOUD_SECURITY_TOKEN'])
}

/** An empty one counts as none, as in the official tools. */
const withToken = (key: SigningKey, securityToken: string | undefined): SigningKey =>
  securityToken ? { ...key, securityToken } : key

function readJson({ status, text }: Reply, endpoint: string): Record<string, unknown> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(tryJson(text))
  if (!parsed.success) {
    throw new CommandError(EXIT.noConnection, `What answers at ${endpoint} is not Postern (HTTP ${status}, no JSON).`)
  }
  return parsed.data
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
