import { hash } from 'node:crypto'
import { z } from 'zod'
import { invalid } from '../model/errors.ts'

/** What a page belongs to: account, action and filters. A place in one list means nothing in another. */
type Bound = readonly (string | number | boolean | null)[]

const MAX_CHARS = 512
const content = z.tuple([z.string(), z.array(z.int().nonnegative()).max(4)])

/**
 * Where the next page begins, for clients to send back unread. It is checked and not signed: it holds nothing but a
 * place in a list that its caller may read anyway, and whoever makes one up gets another page of her own list.
 */
export function nextToken(bound: Bound, place: readonly number[]): string {
  return Buffer.from(JSON.stringify([markOf(bound, place), place])).toString('base64url')
}

/** The numbers that the token was made with, `length` of them. Throws InvalidNextToken. */
export function readNextToken(token: string, bound: Bound, length: number): readonly number[] {
  const parsed = content.safeParse(decoded(token))
  if (!parsed.success || parsed.data[1].length !== length) {
    throw invalid('NextToken', 'It is not one that this server gave out: send it as it was in the answer before.')
  }
  const [mark, place] = parsed.data
  if (mark !== markOf(bound, place)) {
    throw invalid('NextToken', 'It belongs to another list: send the same parameters as for the page before.')
  }
  return place
}

const markOf = (bound: Bound, place: readonly number[]) =>
  hash('sha256', JSON.stringify([bound, place]), 'base64url').slice(0, 22)

function decoded(token: string): unknown {
  if (token.length > MAX_CHARS || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
