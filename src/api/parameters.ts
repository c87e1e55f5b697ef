import { percentDecode } from '../access/percent-encoding.ts'
import { PosternError } from '../model/errors.ts'

export const MAX_PARAMETER_BYTES = 64 * 1024
const MAX_PARAMETERS = 100
export const FORM_TYPE = 'application/x-www-form-urlencoded'
const MAX_NAME_SHOWN = 64

/** A request as it came over the wire, before anything of it is believed. */
export interface Sent {
  /** What follows the `?`, one character per byte (latin1). */
  readonly query: string
  readonly body: Buffer | undefined
  readonly contentType: string | undefined
}

/** Query and form merged, decoded strictly. Empty values stay, because they are signed. Throws InvalidParameter, RequestTooLarge. */
export function collectParameters({ query, body, contentType }: Sent): ReadonlyMap<string, string> {
  if (query.length + (body?.length ?? 0) > MAX_PARAMETER_BYTES) {
    throw tooLarge(`query and body have more than ${MAX_PARAMETER_BYTES / 1024} KiB together`)
  }
  const form = body === undefined || body.length === 0 ? '' : formText(body, contentType)
  const parameters = new Map<string, string>()
  let count = 0
  for (const text of [query, form]) {
    let end = -1
    while (end < text.length) {
      const from = end + 1
      end = text.indexOf('&', from)
      if (end === -1) end = text.length
      if (end === from) continue
      if (++count > MAX_PARAMETERS) throw tooLarge(`it has more than ${MAX_PARAMETERS} parameters`)
      const [name, value] = decodePair(text.slice(from, end))
      const before = parameters.get(name)
      if (before !== undefined && before !== value) {
        throw unreadable(`The parameter ${shown(name)} is there twice, with different values.`)
      }
      parameters.set(name, value)
    }
  }
  return parameters
}

function formText(body: Buffer, contentType: string | undefined): string {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== FORM_TYPE) throw unreadable(`Send a body as ${FORM_TYPE}, or send none.`)
  return body.toString('latin1')
}

function decodePair(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf('=')
  const rawName = equals === -1 ? pair : pair.slice(0, equals)
  const name = percentDecode(rawName, ' ')
  if (typeof name !== 'string') {
    throw unreadable(
      `The name of the parameter ${shown(rawName)} is not percent-encoded UTF-8 at position ${name.brokenAt}.`,
    )
  }
  // Base64 has a plus, and there are clients that do not encode it.
  const value = percentDecode(equals === -1 ? '' : pair.slice(equals + 1), name === 'Signature' ? '+' : ' ')
  if (typeof value !== 'string') {
    throw unreadable(
      `The value of the parameter ${shown(name)} is not percent-encoded UTF-8 at position ${value.brokenAt}.`,
    )
  }
  return [name, value]
}

const shown = (name: string) =>
  JSON.stringify(name.length > MAX_NAME_SHOWN ? `${name.slice(0, MAX_NAME_SHOWN)}…` : name)
const unreadable = (reason: string) => new PosternError('InvalidParameter', { reason })
const tooLarge = (what: string) => new PosternError('RequestTooLarge', { values: { what } })
