import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { z } from 'zod'
import type { WireAnswer } from './raw-client.ts'

const REQUEST_ID = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/
const text = z.string().min(1)
const common = { RequestId: z.string().regex(REQUEST_ID) }
/** Row 18. In XML everything is text. */
const success = z.looseObject({
  ...common,
  HttpStatusCode: z.coerce.number(),
  Success: z.union([z.boolean(), z.enum(['true', 'false'])]),
})
const failure = z.looseObject({
  ...common,
  Code: text,
  Message: text,
  HostId: text,
  Recommend: text,
  Success: z.union([z.literal(false), z.literal('false')]),
  HttpStatusCode: z.coerce.number(),
  ErrCode: text,
  ErrMessage: text,
})
const xml = new XMLParser({ parseTagValue: false, ignoreDeclaration: true })

/** What is wrong with an answer, undefined where all is well. `link`: the request went where gateways connect, and that is no API. */
export function answerFault({ status, headers, body }: WireAnswer, { link }: { link: boolean }): string | undefined {
  if (status === 100 || status === 101) return undefined
  if (status >= 500) return `status ${status}`
  if (status < 200 || (status >= 300 && status < 400)) return `status ${status}`
  const type = headers.get('content-type') ?? ''
  if (type.startsWith('text/plain')) return undefined
  if (link && !type.startsWith('application/json')) return undefined
  const read = type.startsWith('application/json')
    ? readJson(body)
    : type === 'text/xml;charset=utf-8'
      ? readXml(body)
      : `content type ${type}`
  if (typeof read === 'string') return read
  const parsed = (status === 200 ? success : failure).safeParse(read.value)
  if (!parsed.success) return `fields: ${z.prettifyError(parsed.error).slice(0, 500)}`
  if (parsed.data.HttpStatusCode !== status) return 'HttpStatusCode is not the status'
  if (headers.get('x-acs-request-id') !== parsed.data.RequestId) return 'x-acs-request-id is not the RequestId'
  return undefined
}

function readJson(body: string): string | { value: unknown } {
  try {
    return { value: JSON.parse(body) }
  } catch {
    return 'the body is not JSON'
  }
}

function readXml(body: string): string | { value: unknown } {
  const valid = XMLValidator.validate(body)
  if (valid !== true) return `the body is not XML: ${valid.err.msg}`
  const roots = Object.values(z.record(z.string(), z.unknown()).parse(xml.parse(body)))
  return roots.length === 1 ? { value: roots[0] } : 'the XML has not one root'
}
