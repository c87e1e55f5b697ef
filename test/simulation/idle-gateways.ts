import type { GatewayId } from '../../src/model/ids.ts'
import type { TaskFacts } from './task-history.ts'
import type { Site, World } from './world.ts'

const LOOK_MS = 1_000
/** The re-scan comes every second; a claim and its way take less than the rest. */
const PATIENCE_MS = 4_500

/** Finds work that waits although its gateway is there and has room: a wake that was lost and never made good. */
export function watchIdleGateways(world: World): void {
  const { timeline, checks } = world
  const fullAt = new Map<GatewayId, number>()

  const isFull = (site: Site, task: TaskFacts): boolean => {
    const { id, limits } = site.identity
    const held = site.running?.runner.holding.length ?? 0
    const open = [...checks.live.values()].filter(
      (other) => other.gateway === id && other.attempts.at(-1)?.state === 'open',
    )
    const sameEndpoint = open.filter(({ endpoint }) => endpoint === task.endpoint)
    return Math.max(held, open.length) >= limits.total || Math.max(sameEndpoint.length, held) >= limits.perEndpoint
  }
  const look = (site: Site) => {
    const { id } = site.identity
    const { now } = timeline
    const session = world.server?.sessionSince(id)
    if (site.running?.connected !== true || session === undefined) return
    const oldest = [...checks.live.values()].find(
      (task) => task.gateway === id && task.attempts.at(-1)?.state !== 'open',
    )
    if (oldest === undefined) return
    if (isFull(site, oldest)) fullAt.set(id, now)
    const since = Math.max(
      oldest.since,
      session,
      fullAt.get(id) ?? 0,
      checks.claimedAt(id),
      site.disturbedAt,
      world.disturbedAt,
    )
    if (now - since > PATIENCE_MS)
      checks.fail(`task ${oldest.number} waits, and nobody gives it to ${site.name}, which has room`)
  }
  const round = () => {
    if (world.server === undefined) world.disturbedAt = Math.max(world.disturbedAt, timeline.now)
    for (const site of world.sites) if (!site.deleted) look(site)
    timeline.plan(LOOK_MS, round)
  }
  timeline.plan(LOOK_MS, round)
}
