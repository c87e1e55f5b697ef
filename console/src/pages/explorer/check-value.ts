import type { Parameter, Spelt } from './action-catalogue.ts'

/** What is wrong with a value; the texts say it. The server has the last word: it checks more. */
export type Fault =
  | { readonly kind: 'required' }
  | { readonly kind: 'unsendable' }
  | { readonly kind: 'twice' }
  | { readonly kind: 'choice' }
  | { readonly kind: 'truth' }
  | { readonly kind: 'number'; readonly min: number | undefined; readonly max: number | undefined }
  | { readonly kind: 'short'; readonly limit: number }
  | { readonly kind: 'long'; readonly limit: number }
  | { readonly kind: 'many'; readonly limit: number }
  | { readonly kind: 'pattern'; readonly pattern: string }

/** U+0000, or half of a surrogate pair. */
const UNSENDABLE = /\0|\p{Cs}/u

/** An empty text is a parameter that is left out. */
export function checkValue(
  { required, schema }: Pick<Parameter, 'required' | 'schema'>,
  text: string,
): Fault | undefined {
  if (text === '') return required ? { kind: 'required' } : undefined
  if (UNSENDABLE.test(text)) return { kind: 'unsendable' }
  return schema.type === 'array' ? faultOfList(schema, text) : faultOfOne(schema, text)
}

function faultOfList({ items, maxItems, uniqueItems }: Spelt, text: string): Fault | undefined {
  const parts = text.split(',').map((part) => part.trim())
  if (maxItems !== undefined && parts.length > maxItems) return { kind: 'many', limit: maxItems }
  if (uniqueItems === true && new Set(parts).size < parts.length) return { kind: 'twice' }
  return items === undefined ? undefined : parts.map((part) => faultOfOne(items, part)).find(Boolean)
}

function faultOfOne(schema: Spelt, text: string): Fault | undefined {
  const { type, minimum: min, maximum: max, minLength, maxLength, pattern } = schema
  if (type === 'integer') return isWithin(text, min, max) ? undefined : { kind: 'number', min, max }
  if (type === 'boolean') return /^(true|false)$/i.test(text) ? undefined : { kind: 'truth' }
  if (schema.enum !== undefined) {
    return schema.enum.some((choice) => choice.toLowerCase() === text.toLowerCase()) ? undefined : { kind: 'choice' }
  }
  if (minLength !== undefined && text.trim().length < minLength) return { kind: 'short', limit: minLength }
  if (maxLength !== undefined && text.length > maxLength) return { kind: 'long', limit: maxLength }
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(text)) return { kind: 'pattern', pattern }
  return undefined
}

/** Ids have more digits than a number of JavaScript is exact for. */
function isWithin(text: string, min: number | undefined, max: number | undefined): boolean {
  if (!/^\d{1,19}$/.test(text)) return false
  const value = BigInt(text)
  return (min === undefined || value >= BigInt(min)) && (max === undefined || value <= BigInt(max))
}

/** As it is sent: lists with commas. */
export const spelled = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(',') : String(value))
