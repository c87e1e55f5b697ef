/** Used at the build and in the browser: both must cut words in the same way. */
import type { Options } from 'minisearch'

/** One section of a page. */
export interface SearchDocument {
  readonly id: number
  /** Its heading. */
  readonly title: string
  /** The title of its page, and of what it is a part of there. */
  readonly page: string
  /** What else one calls the page, where the section is its beginning. */
  readonly about: string
  readonly text: string
  readonly href: string
}

/** `drainGraceSeconds` is found as a whole and by each of its words. */
function termsOf(term: string): string[] {
  const parts = term.split(/(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u)
  return [...new Set([term, ...parts].map((each) => each.toLowerCase()))]
}

export const SEARCH_OPTIONS: Options<SearchDocument> = {
  fields: ['title', 'page', 'about', 'text'],
  storeFields: ['title', 'page', 'text', 'href'],
  processTerm: termsOf,
  searchOptions: {
    boost: { title: 4, about: 3, page: 2 },
    combineWith: 'AND',
    prefix: true,
    fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    processTerm: (term) => term.toLowerCase(),
  },
}
