import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ENROLL_PATH, type EnrollRequestBody, enrollReply } from '../link/messages.ts'
import { type Route, withPin } from '../link/route.ts'
import { ERRORS, type ErrorCode, PosternError } from '../model/errors.ts'
import { toAccountId } from '../model/ids.ts'
import { ConfigurationError } from '../base/configuration-error.ts'
import { ServerKeyMismatch, splitToken } from '../link/server-pin.ts'
import { type Identity, identityFile, loadIdentity, saveIdentity } from './identity.ts'
import { type JsonReply, postJson } from './post-json.ts'
import { readPrivateFile, writePrivateFile } from './private-file.ts'
import { serverOrigin } from './server-url.ts'
import { createKey, signingKey, type StoredKey } from './signing-key.ts'

const REPLY_MS = 30_000
const CUT = 'What follows its dot is not a fingerprint: copy the whole token.'

export interface EnrollOptions {
  /** `https://HOST[:PORT]`, or http to loopback. */
  readonly serverUrl: string
  /** As CreateGatewayEnrollment answers it. Works once; never written to disk, only the digest of its secret. */
  readonly token: string
  /** Gets `gateway.json`. */
  readonly folder: string
  readonly hostname: string
  readonly version: string
  readonly signal: AbortSignal
  readonly route?: Route
}

/**
 * Exchanges the token for an identity and writes it. May be called again with the same token after any failure:
 * the same key is sent, and the server gives the same answer.
 */
export async function enroll(options: EnrollOptions): Promise<Identity> {
  const { folder, hostname, version } = options
  const parts = splitToken(options.token)
  if (parts === undefined) throw new PosternError('Enrollment.Refused', { values: { why: CUT } })
  const token = parts.secret
  const route = withPin(options.route ?? {}, parts.pin, 'the token')
  const url = serverOrigin(options.serverUrl)
  await refuseSecondIdentity(folder)
  const key = await pendingKey(folder, { url, token })
  const body: EnrollRequestBody = {
    token,
    publicKey: Buffer.from(signingKey(key).publicKey).toString('base64'),
    hostname: hostname.slice(0, 256),
    version,
  }
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(REPLY_MS)])
  const reply = await postJson(new URL(ENROLL_PATH, url), body, { signal, route }).catch((cause: unknown) => {
    if (cause instanceof ServerKeyMismatch) throw unreachable(cause.message, cause)
    const why = cause instanceof Error ? cause.message : String(cause)
    throw unreachable(
      `${url} gave no answer: ${why || 'unknown error'}. Run the same command with the same token again.`,
      cause,
    )
  })
  const enrolled = parseReply(url, reply)
  const identity: Identity = {
    id: enrolled.gateway,
    account: toAccountId(enrolled.account),
    server: enrolled.server,
    url,
    region: enrolled.region,
    name: enrolled.name,
    key,
    previous: [],
    ...(route.pin !== undefined && { pin: route.pin }),
  }
  await saveIdentity(folder, identity)
  await rm(pendingFile(folder), { force: true })
  return identity
}

async function refuseSecondIdentity(folder: string): Promise<void> {
  if ((await readPrivateFile(identityFile(folder))) === undefined) return
  const { id, url } = await loadIdentity(folder)
  const mend = 'Choose another --data folder, or move that file away: its gateway is lost with it.'
  throw new ConfigurationError(identityFile(folder), `is gateway ${id} of ${url} already. ${mend}`)
}

const pending = z.object({
  url: z.string(),
  tokenDigest: z.string(),
  key: z.object({ privateKey: z.string(), createdAt: z.string() }),
})

const pendingFile = (folder: string) => join(folder, 'enrolling.json')

/** On disk before it is sent: were the answer lost and the key forgotten, the used token would be lost with it. */
async function pendingKey(folder: string, exchange: { url: string; token: string }): Promise<StoredKey> {
  const { url, token } = exchange
  const tokenDigest = createHash('sha256').update(token).digest('hex')
  const text = await readPrivateFile(pendingFile(folder))
  const before = text === undefined ? undefined : pending.safeParse(parseJson(text)).data
  if (before?.url === url && before.tokenDigest === tokenDigest) return before.key
  const key = createKey()
  await writePrivateFile(pendingFile(folder), `${JSON.stringify({ url, tokenDigest, key }, null, 2)}\n`)
  return key
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const errorReply = z.object({ Code: z.string(), Message: z.string(), RequestId: z.string().optional() })

function parseReply(url: string, { status, body }: JsonReply) {
  const reply = enrollReply.safeParse(body)
  if (status === 200 && reply.success) return reply.data
  const error = errorReply.safeParse(body)
  if (!error.success) {
    throw unreachable(`What answers at ${url} is not a Postern server: HTTP ${status} without an answer that is ours.`)
  }
  const { Code, Message, RequestId } = error.data
  const entry: ErrorCode = isErrorCode(Code) ? Code : 'Enrollment.Refused'
  const message = `${url} answered ${Code}: ${Message}${RequestId === undefined ? '' : ` (RequestId ${RequestId})`}`
  throw new PosternError(entry, { message })
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)

const unreachable = (message: string, cause?: unknown) => new PosternError('ServiceUnavailable', { message, cause })
