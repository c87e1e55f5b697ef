import * as z from 'zod/mini'
import type { AnswerLanguage } from './pretty-answer.ts'

const fields = z.object({
  Success: z.optional(z.unknown()),
  Code: z.optional(z.string()),
  ErrCode: z.optional(z.string()),
})

/** The code of an answer that says that something failed: of the request, or of what it asks about. */
export function answerErrorCode(text: string, language: AnswerLanguage): string | undefined {
  const read = language === 'json' ? ofJson(text) : ofXml(text)
  const parsed = fields.safeParse(read)
  if (!parsed.success || String(parsed.data.Success) !== 'false') return undefined
  return parsed.data.Code ?? parsed.data.ErrCode
}

function ofJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function ofXml(text: string): unknown {
  const root = new DOMParser().parseFromString(text, 'application/xml').documentElement
  return Object.fromEntries(Array.from(root.children, (child) => [child.tagName, child.textContent ?? '']))
}
