import type { AccountId } from '../model/ids.ts'

/** As policies name it; what is not known is `*`. */
export function gatewayResource(
  account: AccountId,
  gateway: { readonly region?: string | undefined; readonly id?: number | undefined },
  service: 'dbs' | 'postern' = 'dbs',
): string {
  return `acs:${service}:${gateway.region ?? '*'}:${account}:backupgateway/${gateway.id ?? '*'}`
}

/** `*` for all of them; without a name it is the root of the account. */
export const userResource = (account: AccountId, name: string | undefined) =>
  `acs:ram::${account}:${name === undefined ? 'root' : `user/${name}`}`

/** Policies of the system belong to no account. */
export const policyResource = (account: AccountId, name: string, type: 'System' | 'Custom' = 'Custom') =>
  `acs:ram::${type === 'System' ? 'system' : account}:policy/${name}`
