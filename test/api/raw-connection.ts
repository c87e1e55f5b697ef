import { connect } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawExchange {
  readonly answers: readonly RawAnswer[]
  /** How the server's side ended; `open` where it did not within the time. */
  readonly end: 'closed' | 'reset' | 'open'
}

export interface RawOptions {
  /** Ends our side after writing, as a caller that died halfway does. */
  readonly half?: boolean
  /** Gives up waiting for the end. */
  readonly waitMs?: number
  /** Address of the server: 127.0.0.1 unless given. */
  readonly host?: string
}

/** Bytes out, whatever comes back until the server closes: no client library mends anything between. */
export function exchange(port: number, bytes: string | Buffer, options: RawOptions = {}): Promise<RawExchange> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: options.host ?? '127.0.0.1', allowHalfOpen: true })
    let text = ''
    const done = (end: RawExchange['end']) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ answers: parseAnswers(text), end })
    }
    const timer = setTimeout(() => done('open'), options.waitMs ?? 10_000)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('end', () => done('closed'))
    socket.on('error', () => done('reset'))
    socket.write(bytes)
    if (options.half) socket.end()
  })
}

function parseAnswers(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = text
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n')
    const [first = '', ...lines] = rest.slice(0, headEnd).split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    const status = Number(/^HTTP\/1\.1 (\d{3}) \S/.exec(first)?.[1])
    const from = headEnd + 4
    const to = from + Number(headers['content-length'])
    // A wrong length would shift what follows: nothing of it would parse.
    if (headEnd === -1 || Number.isNaN(status) || !(to <= rest.length))
      throw new Error(`not HTTP: ${rest.slice(0, 200)}`)
    answers.push({ status, headers, body: Buffer.from(rest.slice(from, to), 'latin1').toString('utf8') })
    rest = rest.slice(to)
  }
  return answers
}
