import { PosternError } from '../model/errors.ts'

const MOST_CHARACTERS = 64

/** What answers is not the engine: says what it looks like and its first bytes as printable text. */
export function wrongProtocol(seen: Uint8Array, how = ''): PosternError {
  const bytes = Buffer.from(seen.buffer, seen.byteOffset, Math.min(seen.byteLength, MOST_CHARACTERS))
  const text = bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '.')
  const guess = GUESSES.find(([fits]) => fits(bytes, text))?.[1]
  const likely = guess === undefined ? '' : ` That looks like ${guess}.`
  return new PosternError('Endpoint.WrongProtocol', {
    reason: `It said${how === '' ? '' : ` ${how}`}: "${text}".${likely}`,
  })
}

type Guess = readonly [fits: (bytes: Buffer, text: string) => boolean, what: string]

const GUESSES: readonly Guess[] = [
  [(_, text) => text.startsWith('HTTP/'), 'an HTTP server'],
  [(_, text) => text.startsWith('SSH-'), 'an SSH server'],
  [(_, text) => /^(-ERR|-NOAUTH|-DENIED|\+PONG)/.test(text), 'a Redis server'],
  [(_, text) => /^220[ -]/.test(text), 'a mail or FTP server'],
  [(bytes) => bytes[0] === 0x15 && bytes[1] === 3, 'a server that expects TLS from the first byte'],
  [(bytes) => bytes[3] === 0 && (bytes[4] === 10 || bytes[4] === 0xff), 'a MySQL server'],
  [
    (bytes, text) => /^[SN]$/.test(text) || /^[SN]E\.\./.test(text) || (bytes[0] === 0x45 && bytes[1] === 0),
    'a PostgreSQL server',
  ],
]
