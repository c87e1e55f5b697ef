import { type ErrorCode, ERRORS, isErrorCode } from '../model/errors.ts'

/** A short text for people about a code as it was answered; undefined where the table has none such. */
export function errorPage(code: string): string | undefined {
  const entry = entryOf(code)
  if (entry === undefined) return undefined
  const { status, meaning, mend } = ERRORS[entry]
  return `${code} (HTTP ${status})\n\n${meaning}\n\nWhat to do: ${mend}\n`
}

function entryOf(code: string): ErrorCode | undefined {
  if (isErrorCode(code)) return code
  const ofRam = /^InvalidParameter\.[A-Z][A-Za-z]*\.(\w+)$/.exec(code)?.[1]
  const template = `InvalidParameter.{P}.${ofRam}`
  if (isErrorCode(template)) return template
  if (/^Missing[A-Z]\w*$/.test(code)) return 'Missing{P}'
  if (/^Invalid[A-Z]\w*$/.test(code)) return 'Invalid{P}'
  return undefined
}
