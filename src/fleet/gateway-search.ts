import { createTurns } from '../base/turns.ts'
import { type GatewayStatus, gatewayStatus } from '../model/gateway.ts'
import type { AccountId, GatewayId } from '../model/ids.ts'
import type { FleetStore, Gateway, GatewayBrief } from '../store/fleet-store.ts'

/** Read at a time: a few milliseconds, after which others have their turn. */
const AT_ONCE = 1_000
const MAX_SEARCHED = 10_000
const MAX_COUNTED = 100_000

export const NO_GATEWAYS = { ONLINE: 0, OFFLINE: 0, CONFLICT: 0, STOPPED: 0, UPGRADING: 0 }

export interface GatewayQuery {
  readonly id?: GatewayId
  readonly region?: string
  /** Part of its name, in any case. */
  readonly name?: string
  readonly statuses?: readonly GatewayStatus[]
}

export interface GatewaySearch {
  /**
   * By id, with filters that need the status that is true now. `limit` 1–100; a page may have fewer, even none, and still
   * a next one: one page goes through at most 10,000 gateways.
   */
  search(
    account: AccountId,
    query: GatewayQuery,
    page: { readonly after?: GatewayId; readonly limit: number },
  ): Promise<{ readonly gateways: readonly Gateway[]; readonly next?: GatewayId }>
  /** Of the account, by the status that is true now; of at most 100,000 gateways. */
  statusesOf(account: AccountId): Promise<Readonly<Record<GatewayStatus, number>>>
}

export function createGatewaySearch(parts: {
  readonly store: Pick<FleetStore, 'briefs' | 'gateway' | 'gateways'>
  /** What is known here is newer than the store. */
  readonly seenNow: (brief: GatewayBrief) => GatewayBrief
  readonly now: () => number
}): GatewaySearch {
  const { store, seenNow, now } = parts
  const turn = createTurns()

  const stretches = async function* (
    account: AccountId,
    filter: { readonly region?: string },
    from: { readonly after: GatewayId | undefined; readonly most: number },
  ): AsyncGenerator<readonly GatewayBrief[]> {
    let { after } = from
    for (let read = 0; read < from.most; read += AT_ONCE) {
      if (read > 0) await turn()
      const briefs = await store.briefs(account, filter, { limit: AT_ONCE, ...(after !== undefined && { after }) })
      yield briefs
      after = briefs.at(-1)?.id
      if (briefs.length < AT_ONCE) return
    }
  }
  /** A round trip that only this node knows of makes it ONLINE where it seemed OFFLINE, and nothing else. */
  const statusOf = (brief: GatewayBrief): GatewayStatus => {
    const stored = gatewayStatus(brief, now())
    return stored === 'OFFLINE' ? gatewayStatus(seenNow(brief), now()) : stored
  }
  const fits = (brief: GatewayBrief, { name, statuses }: GatewayQuery): boolean =>
    (name === undefined || brief.name.toLowerCase().includes(name.toLowerCase())) &&
    (statuses === undefined || statuses.includes(statusOf(brief)))

  return {
    async search(account, query, { after, limit }) {
      const { id, region } = query
      if (id !== undefined) {
        const one = after === undefined ? await store.gateway(account, id) : undefined
        const isWanted = one !== undefined && (region ?? one.region) === one.region && fits(one, query)
        return { gateways: isWanted ? [one] : [] }
      }
      const found: GatewayId[] = []
      let last: GatewayBrief | undefined
      let isMore = false
      const filter = region === undefined ? {} : { region }
      for await (const briefs of stretches(account, filter, { after, most: MAX_SEARCHED })) {
        for (const brief of briefs) {
          last = brief
          if (fits(brief, query)) found.push(brief.id)
          if (found.length === limit) break
        }
        isMore = briefs.length === AT_ONCE || briefs.at(-1) !== last
        if (found.length === limit) break
      }
      const next = isMore && last !== undefined ? { next: last.id } : {}
      if (found.length === 0) return { gateways: [], ...next }
      const { gateways } = await store.gateways(account, { ids: found }, { offset: 0, limit })
      return { gateways, ...next }
    },
    async statusesOf(account) {
      const counts = { ...NO_GATEWAYS }
      for await (const briefs of stretches(account, {}, { after: undefined, most: MAX_COUNTED })) {
        for (const brief of briefs) counts[statusOf(brief)]++
      }
      return counts
    },
  }
}
