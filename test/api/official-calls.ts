import type { ApiVersion } from '../../src/api/action.ts'

/** What the calls before have made known: `account` and `gateway` from the beginning, the others once they are there. */
export interface Known {
  readonly account: string
  readonly gateway: string
  task: string
  enrollment: string
  key: string
}

export interface StoryCall {
  readonly action: string
  readonly version: ApiVersion
  readonly params: (known: Known) => Readonly<Record<string, string>>
  /** What the gateway does after it. */
  readonly afterwards?: 'finish'
}

const DBS = '2019-03-06'
const RAM = '2015-05-01'
const STS = '2015-04-01'
const POSTERN = '2026-12-01'
const USER = { UserName: 'alice' }
const POLICY = { PolicyName: 'Reader' }
const CUSTOM = { ...POLICY, PolicyType: 'Custom' }
const DOCUMENT = '{"Version":"1","Statement":[{"Effect":"Allow","Action":"dbs:Get*","Resource":"*"}]}'
const ofTask = ({ task }: Known) => ({ TaskId: task })
const ofKey = ({ key }: Known) => ({ ...USER, UserAccessKeyId: key })

/** Every action once, in an order in which each succeeds. */
export const STORY: readonly StoryCall[] = [
  { action: 'CreateGatewayEnrollment', version: POSTERN, params: () => ({ Name: 'plant 7' }) },
  { action: 'DescribeRegions', version: DBS, params: () => ({}) },
  { action: 'DescribeBackupGatewayList', version: DBS, params: () => ({ Region: 'eu-1', PageSize: '30' }) },
  {
    action: 'CreateGetDBListFromAgentTask',
    version: DBS,
    params: ({ gateway }) => ({
      BackupGatewayId: gateway,
      DatabaseType: 'MySQL',
      SourceEndpointIP: '10.0.0.12',
      SourceEndpointPort: '3306',
      SourceEndpointRegion: 'eu-1',
      ClientToken: "a b*~'()+&=%/!",
    }),
  },
  { action: 'ListTasks', version: POSTERN, params: () => ({ TaskStatus: 'Queued,Running' }) },
  { action: 'GetTask', version: POSTERN, params: ofTask, afterwards: 'finish' },
  {
    action: 'GetDBListFromAgent',
    version: DBS,
    params: ({ task, gateway }) => ({ TaskId: task, BackupGatewayId: gateway, SourceEndpointRegion: 'eu-1' }),
  },
  { action: 'DescribeDatabases', version: POSTERN, params: ofTask },
  { action: 'GetSignedResult', version: POSTERN, params: ofTask },
  { action: 'CancelTask', version: POSTERN, params: ofTask },
  { action: 'ListGateways', version: POSTERN, params: () => ({ NameContains: 'db', BackupGatewayStatus: 'OFFLINE' }) },
  { action: 'ListGatewayEnrollments', version: POSTERN, params: () => ({ MaxResults: '5' }) },
  { action: 'RevokeGatewayEnrollment', version: POSTERN, params: ({ enrollment }) => ({ EnrollmentId: enrollment }) },
  { action: 'GetStatistics', version: POSTERN, params: () => ({ Minutes: '5' }) },
  { action: 'GetGatewayHistory', version: POSTERN, params: ({ gateway }) => ({ BackupGatewayId: gateway }) },
  {
    action: 'UpdateGateway',
    version: POSTERN,
    params: ({ gateway }) => ({ BackupGatewayId: gateway, Name: 'plant 8' }),
  },
  { action: 'DeleteGateway', version: POSTERN, params: ({ gateway }) => ({ BackupGatewayId: gateway }) },
  { action: 'ListAuditEvents', version: POSTERN, params: () => ({ EventOutcome: 'Error', StartTime: '2026-01-31' }) },
  { action: 'GetAuditTrailState', version: POSTERN, params: () => ({}) },
  { action: 'GetCallerIdentity', version: STS, params: () => ({}) },
  {
    action: 'AssumeRole',
    version: STS,
    params: ({ account }) => ({
      RoleArn: `acs:ram::${account}:role/caller`,
      RoleSessionName: 'nightly',
      DurationSeconds: '900',
    }),
  },
  { action: 'CreateUser', version: RAM, params: () => ({ ...USER, DisplayName: 'Alice 爱丽丝' }) },
  { action: 'GetUser', version: RAM, params: () => USER },
  { action: 'ListUsers', version: RAM, params: () => ({}) },
  { action: 'UpdateUser', version: RAM, params: () => ({ ...USER, NewComments: 'on call' }) },
  { action: 'CreateAccessKey', version: RAM, params: () => USER },
  { action: 'ListAccessKeys', version: RAM, params: () => USER },
  { action: 'UpdateAccessKey', version: RAM, params: (known) => ({ ...ofKey(known), Status: 'Inactive' }) },
  { action: 'DeleteAccessKey', version: RAM, params: ofKey },
  { action: 'CreatePolicy', version: RAM, params: () => ({ ...POLICY, PolicyDocument: DOCUMENT }) },
  { action: 'GetPolicy', version: RAM, params: () => CUSTOM },
  { action: 'ListPolicies', version: RAM, params: () => ({ PolicyType: 'Custom' }) },
  { action: 'AttachPolicyToUser', version: RAM, params: () => ({ ...CUSTOM, ...USER }) },
  {
    action: 'TestPolicy',
    version: POSTERN,
    params: ({ account }) => ({
      ...USER,
      RequestedAction: 'dbs:GetDBListFromAgent',
      Resource: `acs:dbs:eu-1:${account}:backupgateway/7`,
      Conditions: '{"acs:SourceIp":"10.0.0.7"}',
    }),
  },
  { action: 'ValidatePolicyDocument', version: POSTERN, params: () => ({ PolicyDocument: DOCUMENT }) },
  { action: 'ListPoliciesForUser', version: RAM, params: () => USER },
  { action: 'DetachPolicyFromUser', version: RAM, params: () => ({ ...CUSTOM, ...USER }) },
  { action: 'DeletePolicy', version: RAM, params: () => POLICY },
  { action: 'DeleteUser', version: RAM, params: () => USER },
]
