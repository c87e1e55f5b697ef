import type { LinkHost, ServerLink } from '../link/doorkeeper.ts'
import { CLOSE, GATEWAY_STOPS, GATEWAY_UPGRADES } from '../link/messages.ts'
import type { LinkEnd } from '../link/peer.ts'
import type { ServerMetrics } from './server-metrics.ts'

/** Why the connection of a gateway ended, as the metrics name it; there are no others. */
export const LINK_END_CAUSES = [
  'gateway_stops',
  'gateway_comes_back',
  'server_stops',
  'broken',
  'silent',
  'replaced',
  'conflict',
  'overloaded',
  'protocol',
  'deleted',
  'other',
] as const
export type LinkEndCause = (typeof LINK_END_CAUSES)[number]

const OF_CODE: Readonly<Record<number, LinkEndCause>> = {
  1005: 'broken',
  1006: 'broken',
  [CLOSE.protocol]: 'protocol',
  [CLOSE.replaced]: 'replaced',
  [CLOSE.conflict]: 'conflict',
  [CLOSE.overloaded]: 'overloaded',
  [CLOSE.silent]: 'silent',
  [CLOSE.deleted]: 'deleted',
}

function causeOf({ code, reason }: LinkEnd): LinkEndCause {
  if (code !== CLOSE.goingAway) return OF_CODE[code] ?? 'other'
  if (reason === GATEWAY_STOPS || reason === GATEWAY_UPGRADES) return 'gateway_stops'
  return reason === 'the server stops' ? 'server_stops' : 'gateway_comes_back'
}

/** The same host; what its links go through is counted. */
export function measuredLinks(host: LinkHost, metrics: Pick<ServerMetrics, 'linkEnded' | 'roundTrip'>): LinkHost {
  const ended = (end: LinkEnd) => metrics.linkEnded(causeOf(end))
  return {
    server: host.server,
    keys: (gateway) => host.keys(gateway),
    unproven: (address) => host.unproven?.(address),
    open: (proven) => host.open(proven),
    connected(link) {
      void link.closed.then(ended)
      host.connected(new MeasuredLink(link, metrics))
    },
  }
}

class MeasuredLink implements ServerLink {
  readonly #link: ServerLink
  readonly #metrics: Pick<ServerMetrics, 'roundTrip'>

  constructor(link: ServerLink, metrics: Pick<ServerMetrics, 'roundTrip'>) {
    this.#link = link
    this.#metrics = metrics
  }

  get gateway() {
    return this.#link.gateway
  }

  get account() {
    return this.#link.account
  }

  get epoch() {
    return this.#link.epoch
  }

  get instance() {
    return this.#link.instance
  }

  get closed() {
    return this.#link.closed
  }

  send(message: Parameters<ServerLink['send']>[0]): boolean {
    return this.#link.send(message)
  }

  close(code: number, reason: string): void {
    this.#link.close(code, reason)
  }

  handle({ onMessage, onRoundTrip }: Parameters<ServerLink['handle']>[0]): void {
    this.#link.handle({
      onMessage,
      onRoundTrip: (quality) => {
        this.#metrics.roundTrip(quality)
        onRoundTrip(quality)
      },
    })
  }
}
