import { kind } from './parameter-kinds.ts'

const MAX_POLICY = 2_048
const MIN_SECONDS = 900
const MAX_SECONDS = 43_200

const ROLE_ARN = /^acs:ram::\d{1,32}:role\/[a-zA-Z0-9.\-_/]{1,64}$/
const SESSION_NAME = /^[a-zA-Z0-9.@\-_]{2,64}$/

export const roleArn = () =>
  kind({ type: 'string', pattern: ROLE_ARN.source }, (text) =>
    ROLE_ARN.test(text)
      ? { value: text }
      : { reason: 'It must be acs:ram::<account>:role/caller.', entry: 'InvalidParameter.RoleArn' },
  )

export const roleSessionName = () =>
  kind({ type: 'string', pattern: SESSION_NAME.source }, (text) =>
    SESSION_NAME.test(text)
      ? { value: text }
      : {
          reason: 'It must have 2 to 64 letters, digits, and the characters . @ - _ only.',
          entry: 'InvalidParameter.RoleSessionName',
        },
  )

export const durationSeconds = () =>
  kind({ type: 'integer', minimum: MIN_SECONDS, maximum: MAX_SECONDS }, (text) => {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
    return value >= MIN_SECONDS && value <= MAX_SECONDS
      ? { value }
      : {
          reason: `It must be a whole number from ${MIN_SECONDS} to ${MAX_SECONDS}.`,
          entry: 'InvalidParameter.DurationSeconds',
        }
  })

/** Its grammar is looked at when the key is made. */
export const sessionPolicy = () =>
  kind({ type: 'string', maxLength: MAX_POLICY }, (text) =>
    text.length <= MAX_POLICY
      ? { value: text }
      : { reason: `It has ${text.length}.`, entry: 'InvalidParameter.PolicySize' },
  )
