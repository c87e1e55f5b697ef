import XMLBuilder from 'fast-xml-builder'
import { fieldsOf, holdsLongList, isLongList, slicesOf } from './long-list.ts'

/** What no XML 1.0 document can hold, not even escaped. */
const ILLEGAL = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const ALL_ILLEGAL = new RegExp(ILLEGAL, 'gu')
/** A raw carriage return would be read as a line feed. */
const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['\r', '&#13;'],
])

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

const builder = new XMLBuilder({
  suppressEmptyNode: true,
  processEntities: false,
  tagValueProcessor: (_name, value) => (typeof value === 'string' ? escaped(value) : value),
})

export const isXmlText = (text: string): boolean => !ILLEGAL.test(text)

/** A list is its element repeated in its parent, an empty list an empty parent. Illegal characters become U+FFFD. */
export function xmlDocument(root: string, body: object): string {
  return `${HEAD}${builder.build({ [root]: body })}`
}

/** The same text; each piece is some milliseconds of work. */
export function* xmlPieces(root: string, body: object): Generator<string> {
  yield HEAD
  yield* elements(root, body)
}

function* elements(name: string, value: unknown): Generator<string> {
  if (isLongList(value)) {
    for (const slice of slicesOf(value)) yield builder.build({ [name]: slice })
  } else if (typeof value === 'object' && value !== null && holdsLongList(value)) {
    yield `<${name}>`
    for (const [field, inner] of fieldsOf(value)) yield* elements(field, inner)
    yield `</${name}>`
  } else yield builder.build({ [name]: value })
}

function escaped(text: string): string {
  const legal = isXmlText(text) ? text : text.replace(ALL_ILLEGAL, '\uFFFD')
  return legal.replace(/[&<>\r]/g, (char) => ENTITIES.get(char) ?? char)
}
