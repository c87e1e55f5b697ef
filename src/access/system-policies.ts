export interface SystemPolicy {
  readonly name: string
  readonly description: string
  /** Of the RAM policy language. */
  readonly document: string
}

const document = (...actions: string[]) =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] })

/** The policies that every account has from the start, by name; nobody can change them. */
export const SYSTEM_POLICIES: readonly SystemPolicy[] = [
  {
    name: 'AdministratorAccess',
    description: 'Everything in the account.',
    document: document('*'),
  },
  {
    name: 'AliyunDBSFullAccess',
    description: 'Everything with backup gateways and the lists of databases.',
    document: document('dbs:*', 'postern:*'),
  },
  {
    name: 'AliyunDBSReadOnlyAccess',
    description: 'Reads backup gateways, tasks and lists of databases; starts and changes nothing.',
    document: document('dbs:Get*', 'dbs:List*', 'dbs:Describe*', 'postern:Get*', 'postern:List*', 'postern:Describe*'),
  },
  {
    name: 'AliyunSTSAssumeRoleAccess',
    description: 'Makes temporary keys, which may do no more than the one who makes them.',
    document: document('sts:AssumeRole'),
  },
]
