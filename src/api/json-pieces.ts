import { fieldsOf, holdsLongList, isLongList, type List, slicesOf } from './long-list.ts'

/** The text of JSON.stringify; each piece is some milliseconds of work. */
export function* jsonPieces(value: object): Generator<string, void> {
  if (isLongList(value)) yield* listPieces(value)
  else if (holdsLongList(value)) yield* objectPieces(value)
  else yield JSON.stringify(value)
}

function* objectPieces(value: object): Generator<string, void> {
  let before = '{'
  for (const [key, field] of fieldsOf(value)) {
    if (field === undefined) continue
    yield `${before}${JSON.stringify(key)}:`
    before = ','
    if (typeof field === 'object' && field !== null) yield* jsonPieces(field)
    else yield JSON.stringify(field)
  }
  yield '}'
}

function* listPieces(list: List<unknown>): Generator<string, void> {
  let before = '['
  for (const slice of slicesOf(list)) {
    yield `${before}${JSON.stringify(slice).slice(1, -1)}`
    before = ','
  }
  yield before === '[' ? '[]' : ']'
}
