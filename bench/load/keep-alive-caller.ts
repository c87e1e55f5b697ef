import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const HEAD_END = '\r\n\r\n'
const LENGTH = /\r\ncontent-length: *(\d+)/i

/** One connection that asks again and again, one request at a time, with as little work as it takes. */
export class KeepAliveCaller implements Disposable {
  readonly #socket: Socket
  #heard = ''
  #waiting: { resolve: (body: string) => void; reject: (error: Error) => void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    // Only ASCII is asked for, so a character is a byte.
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#hear(text))
    const fail = (error: Error) => this.#waiting?.reject(error)
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the server closed the connection')))
  }

  static async open(port: number): Promise<KeepAliveCaller> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    return new KeepAliveCaller(socket)
  }

  /** The body of the answer; rejects unless it is a 200 with a length. */
  get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, 'latin1')
    })
  }

  #hear(text: string): void {
    this.#heard = this.#heard === '' ? text : this.#heard + text
    const headEnd = this.#heard.indexOf(HEAD_END)
    if (headEnd < 0) return
    const head = this.#heard.slice(0, headEnd)
    const length = Number(LENGTH.exec(head)?.[1])
    const bodyAt = headEnd + HEAD_END.length
    if (this.#heard.length < bodyAt + length) return
    const body = this.#heard.slice(bodyAt)
    this.#heard = ''
    const waiting = this.#waiting
    this.#waiting = undefined
    if (head.startsWith('HTTP/1.1 200') && body.length === length) waiting?.resolve(body)
    else waiting?.reject(new Error(`not the answer that was expected: ${head}\n${body}`))
  }

  [Symbol.dispose](): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }
}
