import * as z from 'zod/mini'
import { ApiError, NOT_POSTERN } from '../../api/api-error.ts'
import type { ApiClient } from '../../api/client.ts'
import { VERSION } from '../../api/products.ts'

/** Of a list of 64 MiB several times over: a server cannot keep the page busy for ever. */
const MAX_PAGES = 1_000

const signedResult = z.object({
  TaskStatus: z.string(),
  Result: z.optional(
    z.object({
      ServerId: z.string(),
      BackupGatewayId: z.number(),
      AttemptId: z.string(),
      DatabaseType: z.string(),
      SourceEndpointIP: z.optional(z.string()),
      SourceEndpointPort: z.optional(z.number()),
      Nonce: z.string(),
      Outcome: z.string(),
      Digest: z.string(),
      Signature: z.string(),
      SigningKey: z.optional(z.string()),
      PartCount: z.number(),
      Parts: z.object({ Part: z.array(z.string()) }),
    }),
  ),
})
type SignedFields = Omit<NonNullable<z.infer<typeof signedResult>['Result']>, 'Parts'>

/** Everything but the id of the task, which is the person's word, is the server's word. */
export interface Evidence extends SignedFields {
  readonly task: string
  readonly status: string
  readonly parts: readonly Uint8Array<ArrayBuffer>[]
}

const outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('listing'), count: z.number(), visibility: z.string() }),
  z.object({ kind: z.literal('failure'), code: z.string(), message: z.string() }),
])
const named = z.object({ name: z.string() })

const shownTask = z.object({
  TaskStatus: z.string(),
  BackupGatewayId: z.number(),
  DatabaseType: z.string(),
  SourceEndpointIP: z.optional(z.string()),
  SourceEndpointPort: z.optional(z.number()),
  DatabaseCount: z.optional(z.number()),
  Visibility: z.optional(z.string()),
  Failure: z.optional(z.object({ Code: z.string(), Message: z.string() })),
})
const shownList = z.object({ DbList: z.object({ dbName: z.array(z.string()) }) })

export interface Check {
  readonly name: 'key' | 'digest' | 'signature' | 'content' | 'shown'
  /** Undefined: there was nothing to compare with. */
  readonly ok: boolean | undefined
}

export interface Verification {
  /** SHA-256 of the key that signed, 64 hex digits. */
  readonly key: string | undefined
  readonly checks: readonly Check[]
}

/** Rejects where this browser has no Ed25519. */
export async function assertEd25519(): Promise<void> {
  await crypto.subtle.importKey('raw', new Uint8Array(32), 'Ed25519', false, ['verify'])
}

/** Undefined where no gateway signed how it ended. */
export async function fetchEvidence(client: ApiClient, task: string): Promise<Evidence | undefined> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const { TaskStatus: status, Result: result } = await client.call({
      action: 'GetSignedResult',
      version: VERSION.postern,
      params: { TaskId: task, FirstPart: parts.length },
      answer: signedResult,
    })
    if (result === undefined) return undefined
    const { Parts, ...fields } = result
    parts.push(...Parts.Part.map(bytesOf))
    if (Parts.Part.length === 0 || parts.length >= result.PartCount) return { ...fields, task, status, parts }
  }
  throw new ApiError({ code: NOT_POSTERN, message: 'The list of the task has no end.', status: 0 })
}

/** Asks nobody and trusts nothing but `expected`, the fingerprints of the keys of the gateway; empty: any key is taken. */
export async function checkEvidence(evidence: Evidence, expected: readonly string[]): Promise<Verification> {
  const publicKey = evidence.SigningKey === undefined ? undefined : bytesOf(evidence.SigningKey)
  const key = publicKey?.length === 32 ? hexOf(await crypto.subtle.digest('SHA-256', publicKey)) : undefined
  const newline = new Uint8Array([10])
  const signedBytes = joined([bytesOf(evidence.Outcome), newline, ...evidence.parts])
  const digest = hexOf(await crypto.subtle.digest('SHA-256', signedBytes))
  const signed = publicKey !== undefined && key !== undefined && (await isSigned({ evidence, publicKey, digest }))
  return {
    key,
    checks: [
      { name: 'key', ok: key === undefined ? false : expected.length === 0 ? undefined : expected.includes(key) },
      { name: 'digest', ok: digest === evidence.Digest },
      { name: 'signature', ok: signed },
      { name: 'content', ok: contentOf(evidence) !== undefined },
    ],
  }
}

/** Whether the server shows people what was signed: a right signature of something else would prove nothing to them. */
export async function compareShown(client: ApiClient, evidence: Evidence): Promise<Check> {
  const content = contentOf(evidence)
  if (content === undefined) return { name: 'shown', ok: false }
  const params = { TaskId: evidence.task }
  const shown = await client.call({ action: 'GetTask', version: VERSION.postern, params, answer: shownTask })
  const { signed, names } = content
  const listing = signed.kind === 'listing' ? signed : undefined
  const failure = signed.kind === 'failure' ? `${signed.code}: ${signed.message}` : undefined
  const pairs = [
    [shown.TaskStatus, listing === undefined ? 'Failed' : 'Succeeded'],
    [evidence.status, shown.TaskStatus],
    [shown.BackupGatewayId, evidence.BackupGatewayId],
    [shown.DatabaseType, evidence.DatabaseType],
    [shown.SourceEndpointIP, evidence.SourceEndpointIP],
    [shown.SourceEndpointPort, evidence.SourceEndpointPort],
    [shown.DatabaseCount, listing?.count],
    [shown.Visibility, listing?.visibility],
    [shown.Failure && `${shown.Failure.Code}: ${shown.Failure.Message}`, failure],
  ]
  if (pairs.some(([there, here]) => there !== here)) return { name: 'shown', ok: false }
  if (listing === undefined) return { name: 'shown', ok: true }
  const list = await client.call({
    action: 'GetDBListFromAgent',
    version: VERSION.dbs,
    params: { ...params, IncludeSystemDatabases: true },
    answer: shownList,
  })
  // In which order is of no matter, so any order will do that is the same for both.
  const [there, here] = [list.DbList.dbName, names].map((each) => JSON.stringify(each.toSorted()))
  return { name: 'shown', ok: there === here }
}

async function isSigned(parts: {
  readonly evidence: Evidence
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly digest: string
}): Promise<boolean> {
  const { evidence, publicKey, digest } = parts
  const { ServerId, BackupGatewayId, task, AttemptId, DatabaseType, SourceEndpointIP, SourceEndpointPort } = evidence
  const fields = [
    ServerId,
    BackupGatewayId,
    task,
    AttemptId,
    DatabaseType,
    SourceEndpointIP ?? '',
    SourceEndpointPort ?? '',
    digest,
    evidence.Nonce,
  ]
  const text = ['postern result v1', ...fields.map((field) => JSON.stringify(String(field)))].join('\n')
  try {
    const key = await crypto.subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, bytesOf(evidence.Signature), new TextEncoder().encode(text))
  } catch {
    // Bytes that are no key.
    return false
  }
}

/** Undefined where it is not an outcome with its whole list. */
function contentOf({ Outcome, parts }: Evidence) {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const signed = outcome.parse(JSON.parse(decoder.decode(bytesOf(Outcome))))
    const lines = decoder.decode(joined(parts)).split('\n')
    const names = lines.flatMap((line) => (line === '' ? [] : [named.parse(JSON.parse(line)).name]))
    return names.length === (signed.kind === 'listing' ? signed.count : 0) ? { signed, names } : undefined
  } catch {
    return undefined
  }
}

/** Empty where it is not base64: then no signature fits. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
  } catch {
    return new Uint8Array()
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const hexOf = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
