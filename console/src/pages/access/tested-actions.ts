/** What people ask about most, as suggestions; any action can be typed. */
export const ACTIONS = [
  'dbs:CreateGetDBListFromAgentTask',
  'dbs:GetDBListFromAgent',
  'dbs:DescribeBackupGatewayList',
  'postern:ListTasks',
  'postern:GetTask',
  'postern:CancelTask',
  'postern:ListGateways',
  'postern:CreateGatewayEnrollment',
  'postern:DeleteGateway',
  'ram:CreateUser',
  'ram:CreateAccessKey',
  'ram:AttachPolicyToUser',
  'ram:UpdatePolicy',
  'sts:AssumeRole',
  'audit:ListAuditEvents',
] as const

/** All that an action of that service can be about, as policies name it. */
export function firstResource(action: string, account: string): string {
  const [service] = action.split(':', 1)
  if (service === 'ram') return `acs:ram::${account}:*`
  if (service === 'sts') return `acs:ram::${account}:role/caller`
  if (service === 'audit') return `acs:audit:*:${account}:*`
  return `acs:${service === 'postern' ? 'postern' : 'dbs'}:*:${account}:backupgateway/*`
}
