import { VERSION } from '../../base/version.ts'
import { CONFLICT_MS } from '../../model/gateway.ts'
import { RESTART_GRACE_MS } from '../../model/task.ts'
import { integer, text } from '../row.ts'
import { totalOf } from '../user-row.ts'
import { limitClaims } from './fleet-units.ts'
import { numbers } from './statements.ts'
import type { Unit } from './unit.ts'

/** A node that did not renew itself for so long is taken for dead. It renews itself with every round of `expire`. */
const NODE_DEAD_MS = 20_000

/**
 * The node takes part from now on. Where no other one lives nobody served for a while: then no session is open, and
 * whatever runs gets time to come back (row 27). Nor does anything wait for longer than it was to wait at first, wherever
 * the clock was set meanwhile.
 */
export async function joinNodes(unit: Unit): Promise<void> {
  const { sql, node, now } = unit
  await sql.get('node_lock')
  await sql.run('pull_back_nodes', { now, ahead: now + NODE_DEAD_MS })
  const since = now - NODE_DEAD_MS
  const others = totalOf(await sql.get('live_nodes', { node, since }))
  await sql.run('delete_dead_nodes', { node, since })
  await sql.run('insert_node', { node, version: VERSION, now })
  if (others > 0) return
  await sql.run('restart_gateways', { now, latest: now + CONFLICT_MS })
  await sql.run('forget_later_replacements', { now })
  await restartDeadlines(unit, null)
}

/** The sessions of this node have ended; another one, or this one when it comes again, has the gateways next. */
export async function leaveNodes(unit: Unit): Promise<void> {
  const { sql, node } = unit
  await sql.run('delete_node', { node })
  const left = await sql.all('leave_gateways', { node })
  if (left.length > 0)
    await limitClaims(
      unit,
      left.map((row) => integer(row, 'number')),
    )
}

/**
 * Says that this node lives, and takes over after those that do not. One that was only away finds that it is not on the
 * list any more: its sessions are its own again, unless the gateways went elsewhere.
 */
export async function renewNode(unit: Unit): Promise<void> {
  const { sql, node, now, floor } = unit
  if ((await sql.run('renew_node', { node, now })) === 0) {
    await sql.run('insert_node', { node, version: VERSION, now })
    await sql.run('regain_gateways', { node })
    await sql.run('regain_claims', { node, floor })
  }
  await sql.run('pull_back_nodes', { now, ahead: now + NODE_DEAD_MS })
  const dead = (await sql.all('delete_dead_nodes', { node, since: now - NODE_DEAD_MS })).map((row) => text(row, 'id'))
  if (dead.length === 0) return
  const lost = await sql.all('lose_gateways', { nodes: JSON.stringify(dead) })
  const gateways = lost.map((row) => integer(row, 'number'))
  if (gateways.length > 0) await restartDeadlines(unit, numbers(gateways))
}

/** Of all gateways where there is no list of them. */
async function restartDeadlines({ sql, now, floor }: Unit, gateways: string | null): Promise<void> {
  const until = now + RESTART_GRACE_MS
  await sql.run('restart_claims', { until, gateways, floor })
  await sql.run('restart_delivery', { now, until, gateways, floor })
  await sql.run('restart_execution', { now, until, gateways, floor })
}
