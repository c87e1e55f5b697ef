import type { ApiVersion } from '../../src/api/action.ts'

/** The operations of the original services, by version, as their public metadata lists them. */
export const ORIGINAL_OPERATIONS: Readonly<Partial<Record<ApiVersion, string>>> = {
  '2019-03-06': `ConfigureBackupPlan CreateAndStartBackupPlan CreateBackupPlan CreateFullBackupSetDownload
    CreateGetDBListFromAgentTask CreateIncrementBackupSetDownload CreateRestoreTask DescribeBackupGatewayList
    DescribeBackupPlanBilling DescribeBackupPlanList DescribeBackupSetDownloadTaskList DescribeDLAService
    DescribeFullBackupList DescribeIncrementBackupList DescribeJobErrorCode DescribeNodeCidrList
    DescribePreCheckProgressList DescribeRegions DescribeRestoreRangeInfo DescribeRestoreTaskList DisableBackupLog
    EnableBackupLog GetDBListFromAgent InitializeDbsServiceLinkedRole ModifyBackupObjects ModifyBackupPlanName
    ModifyBackupSetDownloadRules ModifyBackupSourceEndpoint ModifyBackupStrategy ModifyStorageStrategy
    ReleaseBackupPlan RenewBackupPlan StartBackupPlan StartRestoreTask StopBackupPlan UpgradeBackupPlan`,
  '2015-05-01': `AddUserToGroup AttachPolicyToGroup AttachPolicyToRole AttachPolicyToUser BindMFADevice ChangePassword
    ClearAccountAlias CreateAccessKey CreateGroup CreateLoginProfile CreatePolicy CreatePolicyVersion CreateRole
    CreateUser CreateVirtualMFADevice DeleteAccessKey DeleteGroup DeleteLoginProfile DeletePolicy DeletePolicyVersion
    DeleteRole DeleteUser DeleteVirtualMFADevice DetachPolicyFromGroup DetachPolicyFromRole DetachPolicyFromUser
    GetAccountAlias GetGroup GetLoginProfile GetPasswordPolicy GetPolicy GetPolicyVersion GetRole GetSecurityPreference
    GetUser GetUserMFAInfo ListAccessKeys ListEntitiesForPolicy ListGroups ListGroupsForUser ListPolicies
    ListPoliciesForGroup ListPoliciesForRole ListPoliciesForUser ListPolicyVersions ListRoles ListUsers
    ListUsersForGroup ListVirtualMFADevices RemoveUserFromGroup SetAccountAlias SetDefaultPolicyVersion
    SetPasswordPolicy SetSecurityPreference UnbindMFADevice UpdateAccessKey UpdateGroup UpdateLoginProfile UpdateRole
    UpdateUser`,
  '2015-04-01': 'AssumeRole AssumeRoleWithOIDC AssumeRoleWithSAML GetCallerIdentity',
}

export const originalOperations = (version: ApiVersion): readonly string[] =>
  (ORIGINAL_OPERATIONS[version] ?? '').split(/\s+/).filter((name) => name !== '')

export interface OriginalForm {
  readonly name: string
  readonly required: readonly string[]
  readonly optional: readonly string[]
  /** Without those that every answer has. */
  readonly reply: readonly string[]
}

/** Requests and answers of the DBS operations that are here too: documents of all ages and official SDKs together. */
export const ORIGINAL_FORMS: readonly OriginalForm[] = [
  {
    name: 'CreateGetDBListFromAgentTask',
    required: [],
    optional: [
      'BackupGatewayId',
      'DatabaseType',
      'SourceEndpointIP',
      'SourceEndpointPort',
      'SourceEndpointRegion',
      'ClientToken',
      'RegionId',
      'OwnerId',
    ],
    reply: ['TaskId'],
  },
  {
    name: 'GetDBListFromAgent',
    required: [],
    optional: ['TaskId', 'BackupGatewayId', 'SourceEndpointRegion', 'ClientToken', 'RegionId', 'OwnerId'],
    reply: ['DbList', 'DbList.dbName'],
  },
  {
    name: 'DescribeBackupGatewayList',
    required: ['Region'],
    optional: ['Identifier', 'PageNum', 'PageSize', 'ClientToken', 'OwnerId'],
    reply: [
      'PageNum',
      'PageSize',
      'TotalPages',
      'TotalElements',
      'Items',
      'Items.BackupGateway',
      'Items.BackupGateway[].BackupGatewayId',
      'Items.BackupGateway[].DisplayName',
      'Items.BackupGateway[].Region',
      'Items.BackupGateway[].Identifier',
      'Items.BackupGateway[].BackupGatewayStatus',
      'Items.BackupGateway[].BackupGatewayCreateTime',
      'Items.BackupGateway[].LastHeartbeatTime',
      'Items.BackupGateway[].SourceEndpointHostname',
      'Items.BackupGateway[].SourceEndpointInternetIP',
      'Items.BackupGateway[].SourceEndpointIntranetIP',
    ],
  },
  {
    name: 'DescribeRegions',
    required: [],
    optional: ['ClientToken', 'OwnerId'],
    reply: ['Regions', 'Regions.RegionCode'],
  },
]

/** Slips in the original's documents that no SDK of it has either; answers here have the right spelling. */
export const ORIGINAL_TYPOS = [
  { action: 'GetDBListFromAgent', original: 'GetDBListFromAgentReponse', here: 'GetDBListFromAgentResponse' },
] as const
