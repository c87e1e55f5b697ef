import type { Nonce } from '../access-store.ts'
import { jsonRows } from './statements.ts'
import type { Unit } from './unit.ts'

/** Whether the request was made before, as far as other transactions have committed. */
export const nonceUsed = async ({ sql }: Unit, burn: Nonce | undefined): Promise<boolean> =>
  burn !== undefined && (await sql.get('nonce', { key: burn.key, value: burn.value })) !== undefined

/** False: it was used before, on whichever node; waits for one that burns it at this moment. */
export async function burnNonce({ sql }: Unit, burn: Nonce | undefined): Promise<boolean> {
  if (burn === undefined) return true
  const { key, value, expiresAt } = burn
  return (await sql.run('burn_nonce', { key, value, expires_at: expiresAt })) === 1
}

export async function burnNonces({ sql }: Unit, nonces: readonly Nonce[]): Promise<void> {
  if (nonces.length === 0) return
  const rows = nonces.map(({ key, value, expiresAt }) => ({ key, value, expires_at: expiresAt }))
  await sql.run('burn_nonces', { rows: jsonRows(rows) })
}
