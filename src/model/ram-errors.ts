import type { ErrorEntry } from './error-entry.ts'

/** Why a request about users, keys and policies was not done: codes and statuses of RAM, because tools branch on them. */
export const RAM_ERRORS = {
  'InvalidParameter.{P}.InvalidChars': {
    status: 400,
    message: 'The parameter - "{P}" contains invalid chars.',
    meaning: 'A name has characters that it cannot have; the message says which it can.',
    mend: 'Choose another name.',
  },
  'InvalidParameter.{P}.Length': {
    status: 400,
    message: 'The parameter - "{P}" beyond the length limit.',
    meaning: 'A value is too long; the message says how long it can be.',
    mend: 'Shorten it.',
  },
  'InvalidParameter.{P}.Format': {
    status: 400,
    message: 'The format of the parameter - "{P}" is incorrect.',
    meaning: 'A value does not have the form that the message names.',
    mend: 'Correct the value.',
  },
  'InvalidParameter.PolicyType': {
    status: 400,
    message: 'The parameter - "PolicyType" is incorrect.',
    meaning: 'A policy is of the type System or Custom.',
    mend: 'Send System or Custom.',
  },
  'EntityNotExist.User': {
    status: 404,
    message: 'The user does not exist.',
    meaning: 'No user of this account has that name.',
    mend: 'See the names with ListUsers.',
  },
  'EntityNotExist.User.AccessKey': {
    status: 404,
    message: 'The user access key does not exist.',
    meaning: 'That user has no AccessKey of that id.',
    mend: 'See the ids with ListAccessKeys.',
  },
  'EntityNotExist.User.Policy': {
    status: 404,
    message: 'The indicate policy of the user does not exist.',
    meaning: 'That policy is not attached to that user.',
    mend: 'See what is attached with ListPoliciesForUser.',
  },
  'EntityNotExist.Policy': {
    status: 404,
    message: 'The policy does not exist.',
    meaning: 'There is no policy of that type and name.',
    mend: 'See the names with ListPolicies.',
  },
  'EntityAlreadyExists.User': {
    status: 409,
    message: 'The user does already EXIST.',
    meaning: 'The account has a user of that name.',
    mend: 'Choose another name.',
  },
  'EntityAlreadyExists.Policy': {
    status: 409,
    message: 'The policy does already EXIST.',
    meaning: 'The account has a policy of that name.',
    mend: 'Choose another name.',
  },
  'EntityAlreadyExists.User.Policy': {
    status: 409,
    message: 'The user has already been attached this policy.',
    meaning: 'The policy is attached to the user, so nothing had to change.',
    mend: 'Nothing.',
  },
  'DeleteConflict.User.AccessKey': {
    status: 409,
    message: 'The user CAN NOT has any access key while deleting the user.',
    meaning: 'The user still has AccessKeys.',
    mend: 'Delete them first with DeleteAccessKey.',
  },
  'DeleteConflict.User.Policy': {
    status: 409,
    message: 'The user CAN NOT has any attached policy while deleting the user.',
    meaning: 'Policies are attached to the user.',
    mend: 'Detach them first with DetachPolicyFromUser.',
  },
  'DeleteConflict.Policy.User': {
    status: 409,
    message: 'The policy CAN NOT been attached to any user while deleting the policy.',
    meaning: 'The policy is attached to a user.',
    mend: 'Detach it first with DetachPolicyFromUser.',
  },
  'LimitExceeded.User': {
    status: 409,
    message: 'The count of users beyond the current limits.',
    meaning: 'An account has at most 1000 users.',
    mend: 'Delete users that are not needed.',
  },
  'LimitExceeded.User.AccessKey': {
    status: 409,
    message: 'The access key count of the user access keys beyond the current limits.',
    meaning: 'A user has at most 2 AccessKeys.',
    mend: 'Delete one that is not needed.',
  },
  'LimitExceeded.User.Policy': {
    status: 409,
    message: 'The policy count of the user attached policies beyond the current limits.',
    meaning: 'A user has at most 20 policies of the system and 10 of the account.',
    mend: 'Detach one, or put several into one document.',
  },
  'LimitExceeded.Policy': {
    status: 409,
    message: 'The count of policy beyond the current limits.',
    meaning: 'An account has at most 1500 policies of its own.',
    mend: 'Delete policies that are not needed.',
  },
  NoPermission: {
    status: 403,
    message: 'You are not authorized to do this action. You should be authorized by RAM.',
    meaning: 'The caller may not do this to users, keys, policies or tokens.',
    mend: 'Ask for the permission that AccessDeniedDetail names.',
  },
  MalformedPolicyDocument: {
    status: 400,
    message: 'The policy document is not valid.',
    meaning: 'A policy is not of the RAM language, version "1"; the message says where and why.',
    mend: 'Correct the element that the message names.',
  },
  'InvalidParameter.PolicyDocument.Length': {
    status: 400,
    message: 'The maximum length of the policy document is exceeded. It must not exceed 6144 characters.',
    meaning: 'A policy is too long.',
    mend: 'Write it without spaces, use wildcards, or make two policies of it.',
  },
} as const satisfies Record<string, ErrorEntry>
