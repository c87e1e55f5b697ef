import type { Conditions } from '../access/condition-keys.ts'
import { DEFAULT_PORTS, type DatabaseType } from '../model/database-type.ts'
import { hostAndPort } from '../model/host.ts'
import type { AccountId } from '../model/ids.ts'

/** As policies name it; what is not known is `*`. */
export function gatewayResource(
  account: AccountId,
  gateway: { readonly region?: string | undefined; readonly id?: number | undefined },
  service: 'dbs' | 'postern' = 'dbs',
): string {
  return `acs:${service}:${gateway.region ?? '*'}:${account}:backupgateway/${gateway.id ?? '*'}`
}

/** What policies may ask of a task. Without an address only the gateway knows which endpoint it is. */
export function endpointConditions(task: {
  readonly gateway: number
  readonly engine: DatabaseType
  readonly host?: string | undefined
  readonly port?: number | undefined
}): Conditions {
  const { gateway, engine, host, port = DEFAULT_PORTS[engine] } = task
  return {
    'postern:BackupGatewayId': String(gateway),
    'postern:DatabaseType': engine,
    ...(host !== undefined && { 'postern:SourceEndpoint': hostAndPort(host, port) }),
  }
}
/** On the gateway of the task, and on what the task was asked to list. */
export const taskResource = (
  task: Parameters<typeof endpointConditions>[0] & { readonly account: AccountId; readonly region: string },
  service: 'dbs' | 'postern' = 'dbs',
) => ({
  resource: gatewayResource(task.account, { region: task.region, id: task.gateway }, service),
  conditions: endpointConditions(task),
})

/** `*` for all of them; without a name it is the root of the account. */
export const userResource = (account: AccountId, name: string | undefined) =>
  `acs:ram::${account}:${name === undefined ? 'root' : `user/${name}`}`

/** The one role: it has exactly what the caller has. */
export const callerRole = (account: AccountId) => `acs:ram::${account}:role/caller`

/** How a temporary key is named. */
export const sessionResource = (account: AccountId, session: string) =>
  `acs:ram::${account}:assumed-role/caller/${session}`

/** Policies of the system belong to no account. */
export const policyResource = (account: AccountId, name: string, type: 'System' | 'Custom' = 'Custom') =>
  `acs:ram::${type === 'System' ? 'system' : account}:policy/${name}`

/** What was done in the account, as the audit trail has it. A service of its own: who may read gateways may not read this. */
export const auditResource = (account: AccountId, what: 'event' | 'trail') => `acs:audit:*:${account}:${what}/*`
