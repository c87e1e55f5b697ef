import type { SecretMacs } from './secret-macs.ts'

/** What a request says about itself, whichever way it was signed. Nothing in it is proven yet. */
export interface SignedRequest {
  readonly action: string
  readonly version: string
  readonly accessKeyId: string
  /** Comes with a temporary key only. */
  readonly securityToken: string | undefined
  readonly timestamp: string
  readonly nonce: string
  /** Throws SignatureDoesNotMatch. */
  verify(macs: SecretMacs): void
}

/** Every header as it was sent, also those that came twice. */
export type SentHeaders = readonly (readonly [name: string, value: string])[]

export interface PresentedRequest {
  /** Upper case, as on the wire. */
  readonly method: string
  readonly headers: SentHeaders
  /** Query and form together. */
  readonly parameters: ReadonlyMap<string, string>
  /** Those of the query alone, decoded. */
  readonly query: () => ReadonlyMap<string, string>
  /** As it came over the wire. */
  readonly body: Uint8Array
}
