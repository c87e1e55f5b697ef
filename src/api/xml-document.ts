import XMLBuilder from 'fast-xml-builder'

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

const builder = new XMLBuilder({
  suppressEmptyNode: true,
  processEntities: false,
  tagValueProcessor: (_name, value) => (typeof value === 'string' ? escaped(value) : value),
})

export const isXmlText = (text: string): boolean => !ILLEGAL.test(text)

/** A list is its element repeated in its parent, an empty list an empty parent. Illegal characters become U+FFFD. */
export function xmlDocument(root: string, body: object): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: body })}`
}

function escaped(text: string): string {
  const legal = isXmlText(text) ? text : text.replace(ALL_ILLEGAL, '\uFFFD')
  return legal.replace(/[&<>\r]/g, (char) => ENTITIES.get(char) ?? char)
}
