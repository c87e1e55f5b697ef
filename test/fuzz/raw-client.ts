import { connect, type Socket } from 'node:net'

export interface WireAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

const WAIT_MS = 20_000
const NO_BYTES = Buffer.alloc(0)

/** The first answer of what has come, and the rest; undefined where it is not whole. Throws where it is not HTTP. */
function firstAnswer(bytes: Buffer): { answer: WireAnswer; rest: Buffer } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd === -1) return undefined
  const [first = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) \S/.exec(first)?.[1])
  if (Number.isNaN(status)) throw new Error(`the answer is not HTTP: ${JSON.stringify(first.slice(0, 200))}`)
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  const from = headEnd + 4
  if (status < 200) return { answer: { status, headers, body: '' }, rest: bytes.subarray(from) }
  const length = Number(headers.get('content-length'))
  if (Number.isNaN(length)) throw new Error(`the answer ${status} has no length`)
  if (bytes.length < from + length) return undefined
  return {
    answer: { status, headers, body: bytes.toString('utf8', from, from + length) },
    rest: bytes.subarray(from + length),
  }
}

/** One connection at a time, kept as long as the server keeps it. */
export function createRawClient(port: number): Disposable & { ask(bytes: Buffer): Promise<WireAnswer> } {
  let kept: Socket | undefined
  return {
    ask(bytes) {
      const socket = kept?.writable ? kept : connect(port, '127.0.0.1').setNoDelay()
      kept = socket
      return new Promise((resolve, reject) => {
        let got = NO_BYTES
        const done = (finish: () => void) => {
          clearTimeout(timer)
          socket.removeAllListeners().on('error', () => {})
          finish()
        }
        const fail = (why: string) => () => {
          socket.destroy()
          done(() => reject(new Error(`${why}; ${got.length} bytes of an answer had come`)))
        }
        const timer = setTimeout(fail(`no answer within ${WAIT_MS} ms`), WAIT_MS)
        socket.on('error', fail('the connection broke')).on('close', fail('the connection was closed'))
        socket.on('data', (chunk) => {
          got = Buffer.concat([got, chunk])
          try {
            const first = firstAnswer(got)
            if (first === undefined) return
            if (first.answer.headers.get('connection') === 'close' || first.rest.length > 0) socket.destroy()
            done(() => resolve(first.answer))
          } catch (error) {
            done(() => reject(error))
          }
        })
        socket.write(bytes)
      })
    },
    [Symbol.dispose]: () => void kept?.destroy(),
  }
}

/** Whatever comes back until the server closes, over a connection of its own whose our side ends at once. Rejects where it does not close. */
export function askOnce(port: number, bytes: Buffer): Promise<readonly WireAnswer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const chunks: Buffer[] = []
    const done = () => {
      clearTimeout(timer)
      socket.destroy()
      try {
        resolve(allAnswers(Buffer.concat(chunks)))
      } catch (error) {
        reject(error)
      }
    }
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`the connection was not closed within ${WAIT_MS} ms`))
    }, WAIT_MS)
    // A reset is how a server may end what it cannot read.
    socket
      .on('data', (chunk: Buffer) => void chunks.push(chunk))
      .once('end', done)
      .once('error', done)
    socket.end(bytes)
  })
}

/** An answer that was cut by the end is left out. */
function allAnswers(bytes: Buffer): readonly WireAnswer[] {
  const answers: WireAnswer[] = []
  let rest = bytes
  for (;;) {
    const first = firstAnswer(rest)
    if (first === undefined) return answers
    answers.push(first.answer)
    if (first.answer.status === 101) return answers
    rest = first.rest
  }
}
