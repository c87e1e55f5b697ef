import type { TLSSocket } from 'node:tls'
import { type ServerPin, serverPinOf, toServerPin } from '../model/ids.ts'

/** Never in the secret, which is base64url. */
const SEPARATOR = '.'

/** The server proved a key, and it is not the pinned one. Nothing was sent to it. */
export class ServerKeyMismatch extends Error {
  constructor(server: string, keys: { readonly expected: ServerPin; readonly seen: ServerPin | undefined }) {
    const seen = keys.seen === undefined ? 'no key at all' : `sha256:${keys.seen}`
    super(
      `${server} is not the server that was pinned: expected the key sha256:${keys.expected}, seen ${seen}. ` +
        'Nothing was sent. Compare with `fingerprint` in the log of the server: if its key was replaced, enrol again with a new token, ' +
        'or give the new --server-fingerprint; if it was not, somebody is in between',
    )
    this.name = 'ServerKeyMismatch'
  }
}

/** Of a connection whose handshake is over, so that the server has proven the key. Throws ServerKeyMismatch. */
export function checkServerKey(socket: TLSSocket, expected: ServerPin, server: string): void {
  const key = socket.getPeerX509Certificate()?.publicKey
  const seen = key && serverPinOf(key.export({ type: 'spki', format: 'der' }))
  if (seen !== expected) throw new ServerKeyMismatch(server, { expected, seen })
}

/** What people carry to the gateway: the secret and, where the server has one, its pin. */
export const enrollmentToken = (secret: string, pin: ServerPin | undefined) =>
  pin === undefined ? secret : `${secret}${SEPARATOR}${pin}`

export interface TokenParts {
  /** The only part that the server gets. */
  readonly secret: string
  readonly pin?: ServerPin
}

/** Undefined where something follows the secret and is no pin: the token was cut or mistyped. */
export function splitToken(token: string): TokenParts | undefined {
  const at = token.indexOf(SEPARATOR)
  if (at === -1) return { secret: token }
  const pin = toServerPin(token.slice(at + SEPARATOR.length))
  return pin && { secret: token.slice(0, at), pin }
}
