export type AnswerLanguage = 'json' | 'xml'

/** Beyond this it is shown as it came: nobody reads it in lines. */
const MOST_CHARACTERS = 2_000_000
const STEP = '  '

/** With line breaks and indents. Every value stays as it was spelt, so that no digit of a number is lost. */
export function prettyAnswer(text: string, language: AnswerLanguage): string {
  if (text.length > MOST_CHARACTERS) return text
  return language === 'json' ? prettyJson(text) : prettyXml(text)
}

function prettyJson(text: string): string {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  let out = ''
  let depth = 0
  const line = () => `\n${STEP.repeat(depth)}`
  const pieces = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []
  for (const [index, piece] of pieces.entries()) {
    if (piece === '{' || piece === '[') {
      depth++
      out += piece
      if (!isEnd(pieces[index + 1])) out += line()
    } else if (isEnd(piece)) {
      depth--
      const before = pieces[index - 1]
      out += before === '{' || before === '[' ? piece : line() + piece
    } else if (piece === ',') out += `,${line()}`
    else out += piece === ':' ? ': ' : piece
  }
  return out
}

const isEnd = (piece: string | undefined) => piece === '}' || piece === ']'

function prettyXml(text: string): string {
  const document = new DOMParser().parseFromString(text, 'application/xml')
  if (document.querySelector('parsererror') !== null) return text
  const declaration = /^<\?xml[^>]*\?>/.exec(text)?.[0]
  return [...(declaration === undefined ? [] : [declaration]), ...linesOf(document.documentElement, 0)].join('\n')
}

function linesOf(element: Element, depth: number): readonly string[] {
  const indent = STEP.repeat(depth)
  if (element.children.length === 0) return [indent + new XMLSerializer().serializeToString(element)]
  const inner = Array.from(element.children).flatMap((child) => linesOf(child, depth + 1))
  return [`${indent}<${element.tagName}>`, ...inner, `${indent}</${element.tagName}>`]
}
