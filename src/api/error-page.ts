import { ERRORS } from '../model/errors.ts'
import { entryOf } from './error-codes.ts'

/** A short text for people about a code as it was answered; undefined where the table has none such. */
export function errorPage(code: string): string | undefined {
  const entry = entryOf(code)
  if (entry === undefined) return undefined
  const { status, meaning, mend } = ERRORS[entry]
  return `${code} (HTTP ${status})\n\n${meaning}\n\nWhat to do: ${mend}\n`
}

/** The page of the console about a code. Never made from what a caller sent as Host. */
export function errorPageUrl(publicUrl: string, code: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/console/errors/${encodeURIComponent(code)}`
}
