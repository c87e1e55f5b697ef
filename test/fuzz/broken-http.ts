import type { Random } from './random.ts'

/** A few bytes of a request changed, taken away, put in or said twice. */
export function mutated(bytes: Buffer, random: Random): Buffer {
  let changed = bytes
  for (let times = 1 + random.below(6); times > 0; times--) {
    // Most of what decides is near the beginning.
    const at = random.below(random.chance(0.5) ? Math.min(80, changed.length) : changed.length)
    const length = 1 + random.below(random.pick([2, 16, 200]))
    const [before, part, after] = [
      changed.subarray(0, at),
      changed.subarray(at, at + length),
      changed.subarray(at + length),
    ]
    const noise = Buffer.from(Array.from({ length: random.below(12) }, () => random.below(256)))
    changed = Buffer.concat(
      random.pick([
        [before, noise, after],
        [before, after],
        [before, noise, part, after],
        [before, part, part, after],
        [before],
        [before, Buffer.from(random.pick(['\r\n', '\n', '\0', ' ', ':', '\r\n\r\n', '%', '&', ';'])), after],
      ]),
    )
  }
  return changed
}

const HOST = 'host: x\r\n'
const HANDSHAKE = 'connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n'
const BROKEN = [
  'GET // HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n',
  `GET /link HTTP/1.1\r\n${HOST}${HANDSHAKE}sec-websocket-key: short\r\n\r\n`,
  `GET http://[ HTTP/1.1\r\n${HOST}${HANDSHAKE}\r\n`,
  `POST / HTTP/1.1\r\n${HOST}connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\ncontent-length: 0\r\n\r\n`,
  `POST / HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`,
  `POST / HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc`,
  `POST / HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\nx: ${'y'.repeat(5_000)}\r\n\r\n`,
  `POST / HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n`,
  `POST / HTTP/1.1\r\n${HOST}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  `POST / HTTP/1.1\r\n${HOST}content-length: -1\r\n\r\n`,
  `POST / HTTP/1.1\r\n${HOST}content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef`,
  `POST / HTTP/1.1\r\n${HOST}content-length: 99999999999999999999\r\n\r\nabc`,
  `POST / HTTP/1.1\r\n${HOST}expect: 100-continue\r\ncontent-length: 3\r\ncontent-type: text/plain\r\n\r\na=b`,
  `POST / HTTP/1.1\r\n${HOST}expect: the-unexpected\r\ncontent-length: 0\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}${'a: b\r\n'.repeat(3_000)}\r\n`,
  `GET / HTTP/1.1\r\n${HOST}x: ${'y'.repeat(200_000)}\r\n\r\n`,
  `GET /?${'a&'.repeat(60_000)} HTTP/1.1\r\n${HOST}\r\n`,
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.0\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  'GET /%ff%fe%zz HTTP/1.1\r\nhost: x\r\n\r\n',
  `GET ${'/a'.repeat(30_000)} HTTP/1.1\r\n${HOST}\r\n`,
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n',
  'CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n',
  'QUERY / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n',
  'DELETE / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n',
  'POST /enroll HTTP/1.1\r\nhost: x\r\ncontent-length: 12\r\n\r\n{"token":"x"',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  '\0'.repeat(100),
  '\r\n'.repeat(100),
  'GET',
] as const

/** What is no HTTP, or no longer; `whole` is a good request that may come before or after it. */
export function brokenHttp(whole: Buffer, random: Random): Buffer {
  const broken = Buffer.from(random.pick(BROKEN), 'latin1')
  return Buffer.concat(random.pick([[broken], [broken], [whole, broken], [broken, whole], [broken, broken]]))
}
