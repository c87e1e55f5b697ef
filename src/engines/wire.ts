import { connect, isIP, type Socket } from 'node:net'
import { PosternError } from '../model/errors.ts'
import type { StepName } from '../model/listing.ts'
import type { ConnectOptions, Endpoint } from './engine.ts'
import { clientCertificateRefused, secureSocket, type TlsManner } from './tls.ts'
import { wrongProtocol } from './wrong-protocol.ts'

/** Who takes the bytes of the server. `ended` comes once, after all of them. */
export interface WireReader {
  bytes(chunk: Buffer): void
  ended(error: PosternError): void
}

/**
 * Makes most servers that wait for the client say something: PostgreSQL answers the first eight bytes, HTTP and Redis the rest.
 * It breaks a login, so it is sent only when the deadline has nearly run out.
 */
const PROBE = Buffer.concat([Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]), Buffer.from('\r\n\r\n')])

/**
 * The guarded socket factory and the one connection it makes. It dials `endpoint.address` and nothing else, never resolves a
 * name, and fails once, with a PosternError, for whatever ends it first: the peer, a deadline, the signal or a watcher.
 */
export class Wire {
  readonly endpoint: Endpoint
  readonly #options: ConnectOptions
  readonly #broken = Promise.withResolvers<never>()
  readonly #raw: Socket
  #transport: Socket
  #failure: PosternError | undefined
  #closed = false
  #verified = false
  #reader: WireReader | undefined
  #heard: Buffer = Buffer.alloc(0)
  #bytesIn = 0
  #step: StepName = 'connect'
  #since = performance.now()
  #deadline: NodeJS.Timeout | undefined
  #probe: NodeJS.Timeout | undefined
  #probed = false
  /** Tells the one that waits to hear something. */
  #wake = () => {}
  /** Takes the wire's listeners off its transport. */
  #detach = () => {}

  /** Rejects with the failure of the connect; the caller closes what it gets. */
  static async dial(endpoint: Endpoint, options: ConnectOptions): Promise<Wire> {
    refuseUnsafe(endpoint)
    if (options.signal.aborted) throw abortError(options.signal)
    const wire = new Wire(endpoint, options)
    await wire.settle(new Promise<void>((resolve) => wire.#transport.once('connect', () => resolve())))
    return wire
  }

  private constructor(endpoint: Endpoint, options: ConnectOptions) {
    this.endpoint = endpoint
    this.#options = options
    this.#broken.promise.catch(() => {})
    this.enter('connect')
    this.#raw = connect({ host: endpoint.address, port: endpoint.port, noDelay: true, autoSelectFamily: false })
    this.#transport = this.#raw
    this.#attach(this.#raw)
    options.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  get failure(): PosternError | undefined {
    return this.#failure
  }

  get step(): StepName {
    return this.#step
  }

  /** True once the server's certificate has been verified. */
  get verified(): boolean {
    return this.#verified
  }

  /** Starts the deadline of a step, or of its next part, and tells where a new one begins; the one before is over. It takes at most `most` ms. */
  enter(step: StepName, most = Infinity) {
    if (step !== this.#step || step === 'connect') this.#options.onStep(step)
    this.#step = step
    this.#since = performance.now()
    const query = step === 'privilege' || step === 'list'
    const ms = Math.min(most, query ? this.#options.queryMs : this.#options.connectMs)
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.fail(this.#heardOnProbe() ?? this.#timedOut(query)), ms)
  }

  /** The step is over; until the next one nothing is waited for. */
  leave() {
    clearTimeout(this.#deadline)
  }

  /** The work's result, unless the connection fails first. */
  async settle<T>(work: Promise<T>): Promise<T> {
    if (this.#failure !== undefined) {
      work.catch(() => {})
      throw this.#failure
    }
    return Promise.race([work, this.#broken.promise])
  }

  /** At least `count` bytes from the server, all that have come; they stay for whoever reads next. */
  async hear(count: number): Promise<Buffer> {
    const more = Promise.withResolvers<void>()
    this.#wake = () => {
      if (this.#heard.length >= count) more.resolve()
    }
    this.#wake()
    this.probeSilence()
    await this.settle(more.promise)
    this.#wake = () => {}
    return this.#heard
  }

  /** Takes what was heard, so that it is not read again. */
  take(): Buffer {
    const heard = this.#heard
    this.#heard = Buffer.alloc(0)
    return heard
  }

  /** From now on the reader gets everything, what was heard before first. */
  readBy(reader: WireReader) {
    this.#reader = reader
    if (this.#failure !== undefined) return reader.ended(this.#failure)
    const heard = this.take()
    if (heard.length > 0) reader.bytes(heard)
  }

  /** A server that has not said a word shortly before the deadline is asked what it is. */
  probeSilence() {
    if (this.#bytesIn > 0 || this.#probe !== undefined) return
    const ms = this.#options.connectMs
    this.#probe = setTimeout(
      () => {
        if (this.#bytesIn > 0 || this.#closed || this.#verified) return
        this.#probed = true
        this.#transport.write(PROBE)
      },
      ms - Math.min(1000, ms / 4),
    )
  }

  write(bytes: Uint8Array): void {
    if (!this.#transport.destroyed && this.#transport.writable) this.#transport.write(bytes)
  }

  pause() {
    this.#transport.pause()
  }

  resume() {
    this.#transport.resume()
  }

  /** Upgrades to TLS, or begins it anew as Oracle does; returns only when chain and name are verified. Nothing may have been heard besides what was taken. */
  async secure(manner: TlsManner = {}): Promise<void> {
    if (this.#step !== 'tls' && !this.#verified) this.enter('tls')
    if (this.#heard.length > 0) throw this.fail(wrongProtocol(this.#heard, 'in clear where TLS should begin'))
    // From here the TLS socket reads, and tells of errors; without a listener the old socket's would end the process.
    this.#detach()
    this.#transport.on('error', () => {})
    try {
      const secured = await this.settle(
        secureSocket(this.#raw, this.endpoint, { ...manner, created: (socket) => (this.#transport = socket) }),
      )
      this.#attach(secured)
      this.#verified = true
    } catch (error) {
      throw error instanceof PosternError ? this.fail(error) : this.fail(this.#socketError(error))
    }
  }

  /** Ends the connection with this error, unless it has ended before; the error that it ended with. */
  fail(error: PosternError): PosternError {
    if (this.#failure !== undefined) return this.#failure
    this.#failure = error
    this.close()
    this.#broken.reject(error)
    this.#reader?.ended(error)
    return error
  }

  /** The bytes are not this protocol: fails with what was seen. After a probe only a real greeting is the server's own. */
  failWrongProtocol(seen: Uint8Array): PosternError {
    return this.fail(wrongProtocol(seen))
  }

  /** True where the server speaks only because it was probed: its login cannot be used any more. */
  get probed(): boolean {
    return this.#probed
  }

  timedOut(): PosternError {
    return this.fail(this.#timedOut(false))
  }

  /** Ends the connection at once, without a failure; idempotent. */
  close() {
    this.#closed = true
    clearTimeout(this.#deadline)
    clearTimeout(this.#probe)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#transport.destroy()
  }

  readonly #onAbort = () => {
    this.fail(abortError(this.#options.signal))
  }

  #attach(socket: Socket) {
    const onGone = () => this.#onEnd(undefined)
    socket.on('data', this.#onBytes)
    socket.on('error', this.#onEnd)
    socket.on('end', onGone)
    socket.on('close', onGone)
    this.#detach = () => {
      socket.off('data', this.#onBytes)
      socket.off('error', this.#onEnd)
      socket.off('end', onGone)
      socket.off('close', onGone)
    }
  }

  readonly #onBytes = (chunk: Buffer) => {
    this.#bytesIn += chunk.length
    if (this.#closed) return
    if (this.#reader !== undefined) return this.#reader.bytes(chunk)
    this.#heard = Buffer.concat([this.#heard, chunk])
    // Before a reader is there only a greeting or one byte may come; a peer that floods is ended.
    if (this.#heard.length > 64 * 1024) return void this.fail(wrongProtocol(this.#heard))
    this.#wake()
  }

  readonly #onEnd = (cause: Error | undefined) => {
    if (this.#closed) return
    const refused = clientCertificateRefused(cause, this.endpoint)
    this.fail(this.#heardOnProbe() ?? refused ?? this.#socketError(cause))
  }

  /** What spoke only when it was probed, and too little to judge: PostgreSQL says a single letter. */
  #heardOnProbe(): PosternError | undefined {
    return this.#probed && this.#heard.length > 0 ? wrongProtocol(this.#heard) : undefined
  }

  #where(): string {
    const spent = Math.round(performance.now() - this.#since)
    return `Step ${this.#step}, ${this.endpoint.address} port ${this.endpoint.port}, after ${spent} ms`
  }

  #timedOut(query: boolean): PosternError {
    return query
      ? new PosternError('Task.ExecutionTimedOut', { reason: `${this.#where()}: the query had no answer.` })
      : new PosternError('Endpoint.ConnectTimedOut', {
          reason: this.#bytesIn === 0 ? `${this.#where()}: nothing came.` : `${this.#where()}.`,
        })
  }

  #socketError(cause: unknown): PosternError {
    const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
    const reason = `${this.#where()}${code === undefined ? ': the connection was closed' : ` (${code})`}.`
    if (code === undefined) return new PosternError('Endpoint.ConnectionReset', { reason, cause })
    return new PosternError(SOCKET_CODES[code] ?? 'Endpoint.ConnectionReset', { reason, cause })
  }
}

/** Codes of the operating system; what is not here broke an existing connection. */
const SOCKET_CODES: Readonly<
  Record<string, 'Endpoint.ConnectionRefused' | 'Endpoint.ConnectTimedOut' | 'Endpoint.ConnectionReset'>
> = {
  ECONNREFUSED: 'Endpoint.ConnectionRefused',
  EACCES: 'Endpoint.ConnectionRefused',
  EPERM: 'Endpoint.ConnectionRefused',
  EADDRNOTAVAIL: 'Endpoint.ConnectionRefused',
  ETIMEDOUT: 'Endpoint.ConnectTimedOut',
  EHOSTUNREACH: 'Endpoint.ConnectTimedOut',
  ENETUNREACH: 'Endpoint.ConnectTimedOut',
  EHOSTDOWN: 'Endpoint.ConnectTimedOut',
  ECONNRESET: 'Endpoint.ConnectionReset',
  EPIPE: 'Endpoint.ConnectionReset',
}

/** Where the caller chose the address, nothing that helps to collect the password may leave without verified TLS. */
function refuseUnsafe(endpoint: Endpoint) {
  if (isIP(endpoint.address) === 0)
    throw new PosternError('Internal', { reason: 'The address to dial is not an IP address.' })
  if (endpoint.strictLogin && endpoint.tls.mode === 'off')
    throw new PosternError('Endpoint.NotAllowed', {
      reason: 'An endpoint whose address the caller chooses needs verified TLS.',
    })
}

function abortError(signal: AbortSignal): PosternError {
  const reason: unknown = signal.reason
  return reason instanceof PosternError ? reason : new PosternError('Task.Cancelled', { cause: reason })
}
