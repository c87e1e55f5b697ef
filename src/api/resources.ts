import type { AccountId } from '../model/ids.ts'

/** As policies name it; what is not known is `*`. */
export function gatewayResource(
  account: AccountId,
  gateway: { readonly region?: string | undefined; readonly id?: number | undefined },
  service: 'dbs' | 'postern' = 'dbs',
): string {
  return `acs:${service}:${gateway.region ?? '*'}:${account}:backupgateway/${gateway.id ?? '*'}`
}
