import type { ErrorEntry } from './error-entry.ts'

/** Why a request was not done. */
export const REQUEST_ERRORS = {
  'Missing{P}': {
    status: 400,
    message: '{P} is mandatory for this action.',
    meaning: 'A parameter that the action needs was not sent.',
    mend: 'Send it in the query or in the form body.',
  },
  'Invalid{P}': {
    status: 400,
    message: 'Specified parameter {P} is not valid.',
    meaning: 'A parameter has a value that the action cannot take; the message says why.',
    mend: 'Correct the value.',
  },
  InvalidParameter: {
    status: 400,
    message: 'The specified parameter is not valid.',
    meaning:
      'The request is contradictory or cannot be read: one name with two values, broken percent-encoding, a body that is not a form.',
    mend: 'Send every parameter once, percent-encoded UTF-8, in the query or in an application/x-www-form-urlencoded body.',
  },
  'InvalidParameter.Format': {
    status: 400,
    message: 'Specified parameter format is not valid.',
    meaning: 'Format is neither JSON nor XML.',
    mend: 'Send Format=JSON or Format=XML, or leave it out for JSON.',
  },
  RequestTooLarge: {
    status: 413,
    message: 'The request is too large: {what}.',
    meaning: 'Query and body together may have 64 KiB and 100 parameters.',
    mend: 'Send less in one request.',
  },
  UnsupportedHTTPMethod: {
    status: 405,
    message: 'This HTTP method is not supported. Use GET or POST.',
    meaning: 'The API is called with GET or POST on /.',
    mend: 'Use GET or POST.',
  },
  'InvalidAction.NotFound': {
    status: 404,
    message: 'Specified api is not found, please check your url and method.',
    meaning: 'There is no such action in that version, or the path is not /.',
    mend: 'Check Action, Version and the path.',
  },
  InvalidVersion: {
    status: 400,
    message: 'Specified parameter Version is not valid.',
    meaning:
      'The version selects the product: 2019-03-06 (DBS), 2015-05-01 (RAM), 2015-04-01 (STS), 2026-12-01 (Postern).',
    mend: 'Send the version of the product that the action belongs to.',
  },
  'InvalidAccessKeyId.NotFound': {
    status: 404,
    message: 'Specified access key is not found.',
    meaning:
      'No AccessKey of this server has that AccessKeyId; or it was a temporary one that expired more than an hour ago, or whose own AccessKey was deleted.',
    mend: 'Check the AccessKeyId and the address of the server.',
  },
  'InvalidAccessKeyId.Inactive': {
    status: 400,
    message: 'Specified access key is disabled.',
    meaning: 'The AccessKey exists and was switched off.',
    mend: 'Activate it or use another.',
  },
  'InvalidSecurityToken.MismatchWithAccessKey': {
    status: 400,
    message: 'Specified SecurityToken mismatch with the AccessKey.',
    meaning: 'A security token came with an AccessKey that it does not belong to, a permanent one for example.',
    mend: 'Send the SecurityToken that came with the temporary AccessKey; leave it out for a permanent one.',
  },
  'InvalidSecurityToken.Malformed': {
    status: 400,
    message: 'Specified SecurityToken is malformed.',
    meaning: 'What came as the security token of a temporary key is none.',
    mend: 'Send SecurityToken whole, as AssumeRole answered it.',
  },
  'InvalidSecurityToken.Expired': {
    status: 400,
    message: 'Specified SecurityToken is expired.',
    meaning: 'The time of the temporary key is over.',
    mend: 'Make a new one with AssumeRole or `postern session`.',
  },
  'InvalidTimeStamp.Format': {
    status: 400,
    message: 'Specified time stamp or date value is not well formatted.',
    meaning: 'Timestamp is not yyyy-MM-ddTHH:mm:ssZ in UTC.',
    mend: 'Send UTC in that form; fractions of a second are accepted.',
  },
  'InvalidTimeStamp.Expired': {
    status: 400,
    message: 'Specified time stamp or date value is expired. The time of the server is {now}.',
    meaning: 'Timestamp is too far from the clock of the server.',
    mend: 'Set the clock of the calling machine (NTP).',
  },
  SignatureNonceUsed: {
    status: 400,
    message: 'Specified signature nonce was used already.',
    meaning: 'A request with this SignatureNonce was accepted before.',
    mend: 'Make a new nonce for every request, also for a retry.',
  },
  SignatureDoesNotMatch: {
    status: 400,
    message: 'Specified signature is not matched with our calculation. server string to sign is:{stringToSign}',
    meaning: 'The signature was made with another secret or over another string.',
    mend: 'Where your string to sign equals the one in the message, the secret is wrong; else compare the two. For ACS3-HMAC-SHA256 compare CanonicalRequest with yours.',
  },
  IncompleteSignature: {
    status: 400,
    message: 'The request signature does not conform to Aliyun standards. {why}',
    meaning: 'The way of signing is one that this server does not know.',
    mend: 'Sign with SignatureVersion 1.0 and HMAC-SHA1, or with ACS3-HMAC-SHA256 over host and every x-acs-* header.',
  },
  InvalidSignatureMethod: {
    status: 400,
    message: 'Specified signature method is not valid. Use HMAC-SHA1 or ACS3-HMAC-SHA256.',
    meaning: 'SignatureMethod is not HMAC-SHA1, or Authorization begins with another ACS3 algorithm.',
    mend: 'Sign with HMAC-SHA1 (SignatureVersion 1.0) or ACS3-HMAC-SHA256.',
  },
  InvalidSourceEndpointRegion: {
    status: 400,
    message: 'Specified parameter SourceEndpointRegion is not valid. The backup gateway is in another region.',
    meaning: 'SourceEndpointRegion, where given, must be the region of the gateway.',
    mend: 'Leave it out or send the region of the gateway.',
  },
  'InvalidClientToken.ValueNotSupported': {
    status: 400,
    message: 'The ClientToken provided is invalid. It must have 1 to 64 ASCII characters.',
    meaning: 'ClientToken is empty, too long or not ASCII.',
    mend: 'Send 1 to 64 printable ASCII characters, a UUID for example.',
  },
  IdempotentParameterMismatch: {
    status: 400,
    message: 'The ClientToken was used before with other parameters.',
    meaning: 'Within 24 hours a ClientToken stands for one request only.',
    mend: 'Make a new ClientToken for a new request.',
  },
  'BackupGateway.NotFound': {
    status: 404,
    message: 'The specified BackupGatewayId is not found.',
    meaning: 'No gateway of this account has that id.',
    mend: 'See the ids with `postern gateway list`.',
  },
  'Task.NotFound': {
    status: 404,
    message: 'The specified TaskId is not found.',
    meaning:
      'No task of this account has that id, or it ended longer ago than tasks are kept (7 days, unless the server is set otherwise), or the gateway or region named is not the one of the task.',
    mend: 'Check TaskId; leave BackupGatewayId and SourceEndpointRegion out.',
  },
  'Enrollment.Refused': {
    status: 403,
    message: 'The enrolment token is not valid. {why}',
    meaning: 'An enrolment token works once, for 30 minutes.',
    mend: 'Make a new one with `postern gateway token`.',
  },
  'Enrollment.NotFound': {
    status: 404,
    message: 'The specified EnrollmentId is not found.',
    meaning: 'No enrolment of this account has that id, or it was revoked, or removed after it expired.',
    mend: 'See the ids with `postern enrollment list`.',
  },
  'Enrollment.Used': {
    status: 409,
    message: 'The enrolment was used already.',
    meaning: 'A gateway has enrolled with the token, so there is nothing left to revoke.',
    mend: 'Delete the gateway instead: `postern gateway delete`.',
  },
  'Request.Forbidden': {
    status: 403,
    message: 'Have no Permissions',
    meaning: 'The caller may not do this.',
    mend: 'Ask for the permission that AccessDeniedDetail names.',
  },
  'Throttling.User': {
    status: 429,
    message: 'Request was denied due to user flow control: {what} calls too often.',
    meaning:
      'An AccessKey, or all keys of an account together, called more often than the settings of the server allow.',
    mend: 'Try again after the milliseconds of the header x-acs-retry-after; wait for tasks with WaitSeconds instead of asking often.',
  },
  Throttling: {
    status: 429,
    message: 'Request was denied due to request throttling: too many wrong signatures from this address.',
    meaning:
      'From this address a key signed wrongly, or keys were named that nobody has, too often within a minute; or very many tasks wait for the gateway already.',
    mend: 'Correct the AccessKey of the program that fails, or see why the gateway takes no tasks, and try again after the milliseconds of the header x-acs-retry-after.',
  },
  ServiceUnavailable: {
    status: 503,
    message: 'The request has failed due to a temporary failure of the server. {why}',
    meaning: 'The server is starting, stopping or has more work than it can take.',
    mend: 'Try again after a moment, with the same ClientToken.',
  },
  InternalError: {
    status: 500,
    message: 'The request processing has failed due to some unknown error, exception or failure.',
    meaning: 'A fault of the server.',
    mend: 'Look the RequestId up in the log of the server.',
  },
} as const satisfies Record<string, ErrorEntry>
