import { fingerprintOf, type KeyFingerprint } from '../model/ids.ts'
import type { DatabaseRecord, Outcome } from '../model/listing.ts'
import { databaseRecord, outcome } from '../model/listing-schemas.ts'
import { outcomeDigest } from '../model/outcome-digest.ts'
import { verifyEd25519 } from './keys.ts'
import { resultPayload } from './payloads.ts'

/** A stored outcome with all that its gateway signed: enough to check it far from the server that kept it. */
export interface SignedEvidence extends Omit<Parameters<typeof resultPayload>[0], 'digest'> {
  /** As the server tells it; only what is computed from `outcomeText` and `parts` counts. */
  readonly digest: string
  readonly outcomeText: string
  readonly parts: readonly Uint8Array[]
  /** Ed25519, base64. */
  readonly signature: string
  /** 32 raw bytes; undefined where the server has none that fits. */
  readonly publicKey: Uint8Array | undefined
}

/** One thing that was checked. */
export interface EvidenceCheck {
  readonly name: 'key' | 'digest' | 'signature' | 'content'
  /** Undefined: there was nothing to compare with. */
  readonly ok: boolean | undefined
  readonly detail: string
}

export interface CheckedEvidence {
  readonly checks: readonly EvidenceCheck[]
  /** Undefined where it is not well formed. */
  readonly outcome?: Outcome
  readonly databases: readonly DatabaseRecord[]
  readonly key?: KeyFingerprint
}

/** Asks nobody and trusts nothing but `expected`, the fingerprints of the gateway's keys; empty: any key is taken. */
export function checkEvidence(evidence: SignedEvidence, expected: readonly KeyFingerprint[]): CheckedEvidence {
  const { publicKey, signature, outcomeText, parts } = evidence
  const key = publicKey?.length === 32 ? fingerprintOf(publicKey) : undefined
  const digest = outcomeDigest(outcomeText, parts)
  const signed =
    publicKey !== undefined &&
    key !== undefined &&
    verifyEd25519(publicKey, resultPayload({ ...evidence, digest }), signature)
  const content = contentOf(evidence)
  return {
    checks: [
      checkKey(key, expected),
      digest === evidence.digest
        ? { name: 'digest', ok: true, detail: digest }
        : {
            name: 'digest',
            ok: false,
            detail: `the outcome or the list is not the one that has the digest ${evidence.digest}`,
          },
      signed
        ? {
            name: 'signature',
            ok: true,
            detail: `covers task ${evidence.task}, attempt ${evidence.attempt}, its nonce, the endpoint and the digest`,
          }
        : {
            name: 'signature',
            ok: false,
            detail:
              'does not fit: the server, gateway, task, attempt, nonce, endpoint, outcome or list is not the one that was signed',
          },
      content.problem === undefined
        ? { name: 'content', ok: true, detail: content.said }
        : { name: 'content', ok: false, detail: content.problem },
    ],
    databases: content.databases,
    ...(content.outcome && { outcome: content.outcome }),
    ...(key !== undefined && { key }),
  }
}

function checkKey(key: KeyFingerprint | undefined, expected: readonly KeyFingerprint[]): EvidenceCheck {
  const name = 'key'
  if (key === undefined)
    return { name, ok: false, detail: 'the server has no key that the result could be signed with' }
  if (expected.length === 0) return { name, ok: undefined, detail: `sha256:${key}, as the server says` }
  if (expected.includes(key)) return { name, ok: true, detail: `sha256:${key} is an expected one` }
  return { name, ok: false, detail: `sha256:${key} is not sha256:${expected.join(', sha256:')}` }
}

function contentOf({ outcomeText, parts }: SignedEvidence): {
  readonly outcome?: Outcome
  readonly databases: readonly DatabaseRecord[]
  readonly said: string
  readonly problem?: string
} {
  try {
    const parsed = outcome.parse(JSON.parse(outcomeText))
    const lines = Buffer.concat(parts).toString('utf8').split('\n')
    const databases = lines.flatMap((line) => (line === '' ? [] : [databaseRecord.parse(JSON.parse(line))]))
    const count = parsed.kind === 'listing' ? parsed.count : 0
    const said =
      parsed.kind === 'failure' ? `the failure ${parsed.code}` : `${count} databases, visibility ${parsed.visibility}`
    if (count === databases.length) return { outcome: parsed, databases, said }
    return {
      outcome: parsed,
      databases,
      said,
      problem: `${count} databases are announced, ${databases.length} are there`,
    }
  } catch {
    return { databases: [], said: '', problem: 'it is not an outcome with its list' }
  }
}
