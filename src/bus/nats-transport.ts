import { createConnection, type Socket } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { NodeConnectionOptions } from '@nats-io/transport-node'
import { NodeTransport } from '@nats-io/transport-node/lib/node_transport.js'

/** Options of the client, and what ends its connection at once, whatever it waits for. */
export type AbortableOptions = NodeConnectionOptions & { readonly signal: AbortSignal }

interface HostAndPort {
  readonly hostname: string
  readonly port: number
  readonly tlsName: string
}

/**
 * The client's own transport leaves the socket of a try that did not succeed open, for ever where the other side is silent,
 * and compares the certificate of an address with "localhost".
 */
export class AbortableTransport extends NodeTransport {
  #dialled: Socket | undefined

  override async connect(server: HostAndPort, options: NodeConnectionOptions): Promise<void> {
    if ('signal' in options && options.signal instanceof AbortSignal) {
      if (options.signal.aborted) throw new Error('the connection is not wanted any more')
      options.signal.addEventListener('abort', () => this.#destroy(), { once: true })
    }
    const name = server.tlsName || server.hostname
    const identity = {
      checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
    }
    await super.connect(server, { ...options, ...(options.tls && { tls: { ...options.tls, ...identity } }) })
  }

  override dial({ hostname, port }: { readonly hostname: string; readonly port: number }): Promise<Socket> {
    const socket = createConnection({ host: hostname, port, noDelay: true })
    this.#dialled = socket
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the connection was closed')))
      socket.once('connect', () => {
        socket.removeAllListeners()
        resolve(socket)
      })
    })
  }

  override async close(error?: Error): Promise<void> {
    await super.close(error)
    this.#destroy()
  }

  #destroy(): void {
    this.done = true
    this.#dialled?.destroy()
  }
}
