import { z } from 'zod'
import type { AccessService } from '../../../access/access-service.ts'
import { PosternError } from '../../../model/errors.ts'
import type { Action } from '../../action.ts'
import { ramTime } from '../../ram-time.ts'
import { callerRole, sessionResource } from '../../resources.ts'
import { durationSeconds, roleArn, roleSessionName, sessionPolicy } from '../../sts-parameter-kinds.ts'

const params = z.object({
  RoleArn: roleArn().meta({
    description:
      'Always acs:ram::<account>:role/caller, with the account of the caller: a role that has exactly what the caller has. There are no others.',
    examples: ['acs:ram::100000000000001:role/caller'],
  }),
  RoleSessionName: roleSessionName().meta({
    description:
      'Tells sessions apart, in the log and in who created a task. 2 to 64 letters, digits, and the characters . @ - _.',
    examples: ['nightly-report'],
  }),
  DurationSeconds: durationSeconds()
    .optional()
    .meta({
      description: 'How long the key works: 900 to 43200, for the root of an account at most 3600; 3600 by default.',
      examples: ['3600'],
    }),
  Policy: sessionPolicy()
    .optional()
    .meta({
      description:
        'Narrows what the key may do, in the policy language, at most 2048 characters: allowed is what the caller and this policy both allow.',
      examples: ['{"Version":"1","Statement":[{"Effect":"Allow","Action":"dbs:Get*","Resource":"*"}]}'],
    }),
})

const reply = z.object({
  Credentials: z
    .object({
      AccessKeyId: z.string().meta({ description: 'The public half; begins with STS.' }),
      AccessKeySecret: z.string().meta({ description: 'The secret half. It is shown here and nowhere again.' }),
      SecurityToken: z.string().meta({
        description:
          'Goes with every request that the key signs: SecurityToken, or the header x-acs-security-token. Shown here only.',
      }),
      Expiration: z.string().meta({ description: 'UTC, to the second.' }),
    })
    .meta({ description: 'The temporary key.' }),
  AssumedRoleUser: z
    .object({
      Arn: z.string().meta({ description: 'acs:ram::<account>:assumed-role/caller/<RoleSessionName>.' }),
      AssumedRoleId: z.string().meta({ description: 'The user, or the account for its root, and the session name.' }),
    })
    .meta({ description: 'Who the key is.' }),
})

/** The key does at most what its owner may do, asked at each request, and nothing that would outlive it. */
export function assumeRole(services: {
  access: AccessService
}): Action<z.output<typeof params>, z.output<typeof reply>> {
  const { access } = services
  return {
    name: 'AssumeRole',
    version: '2015-04-01',
    access: 'create',
    mutates: true,
    summary:
      'Makes a temporary key for short-lived automation. It may do what the caller may when it is used, except to make or change AccessKeys, to attach, detach or change policies, and to call AssumeRole. It ends at once with the AccessKey that made it.',
    params,
    reply,
    errors: [
      'InvalidParameter.RoleArn',
      'InvalidParameter.RoleSessionName',
      'InvalidParameter.DurationSeconds',
      'InvalidParameter.PolicySize',
      'InvalidParameter.PolicyGrammar',
      'EntityNotExist.Role',
      'LimitExceeded.Session',
    ],

    async prepare(given, { principal, burn }) {
      const { account } = principal
      return {
        target: { action: 'sts:AssumeRole', resource: given.RoleArn, conditions: {} },
        async handle() {
          if (given.RoleArn !== callerRole(account)) throw new PosternError('EntityNotExist.Role')
          const { RoleSessionName: name, DurationSeconds: seconds, Policy: policy } = given
          const user = await access.caller(principal)
          const key = await access.issueTemporaryKey(principal, { name, seconds, policy }, burn)
          return {
            Credentials: {
              AccessKeyId: key.id,
              AccessKeySecret: key.secret,
              SecurityToken: key.securityToken,
              Expiration: ramTime(key.expiresAt),
            },
            AssumedRoleUser: {
              Arn: sessionResource(account, name),
              AssumedRoleId: `${user?.id ?? account}:${name}`,
            },
          }
        },
      }
    },
  }
}
