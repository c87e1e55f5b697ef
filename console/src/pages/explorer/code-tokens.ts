export type CodeLanguage = 'json' | 'xml' | 'shell' | 'javascript' | 'python' | 'go' | 'java'
export type TokenKind = 'comment' | 'text' | 'number' | 'word' | 'plain'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
}

/** Beyond this, colours would cost more than they help. */
const MOST_CHARACTERS = 60_000

const QUOTED = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/
const NUMBER = /\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/
const SLASHES = /\/\/[^\n]*/
const HASH = /(?<![^\s])#[^\n]*/

const words = (text: string) => new RegExp(`\\b(?:${text.split(' ').join('|')})\\b`)

interface Grammar {
  readonly comment?: RegExp
  readonly text: RegExp
  readonly word: RegExp
}

const GRAMMARS: Readonly<Record<CodeLanguage, Grammar>> = {
  json: { text: QUOTED, word: words('true false null') },
  xml: { text: /"[^"]*"/, word: /<[/?]?[\w.:-]+|[/?]?>/ },
  shell: {
    comment: HASH,
    text: /"(?:[^"\\]|\\[\s\S])*"|'[^']*'/,
    word: words('if then else fi for while do done case esac in set exit return'),
  },
  javascript: {
    comment: SLASHES,
    text: /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/,
    word: words('import from as const let async await function return for if else break try catch new throw of'),
  },
  python: {
    comment: HASH,
    text: QUOTED,
    word: words('import from as def return for in if else elif break try except raise with not None True False'),
  },
  go: {
    comment: SLASHES,
    text: QUOTED,
    word: words('package import func return for if else break var map string any nil range type'),
  },
  java: {
    comment: SLASHES,
    text: QUOTED,
    word: words('import public static class void throws new return for if else break try catch int String'),
  },
}

const MATCHERS = new Map(
  Object.entries(GRAMMARS).map(([language, { comment, text, word }]) => {
    const parts = [`(?<text>${text.source})`, `(?<word>${word.source})`, `(?<number>${NUMBER.source})`]
    if (comment !== undefined) parts.unshift(`(?<comment>${comment.source})`)
    return [language, new RegExp(parts.join('|'), 'gu')]
  }),
)

/** The pieces of a program, of which the colours are made; together they are the text again. */
export function tokensOf(text: string, language: CodeLanguage): readonly Token[] {
  const matcher = MATCHERS.get(language)
  if (matcher === undefined || text.length > MOST_CHARACTERS) return [{ kind: 'plain', text }]
  const tokens: Token[] = []
  let at = 0
  for (const match of text.matchAll(matcher)) {
    if (match.index > at) tokens.push({ kind: 'plain', text: text.slice(at, match.index) })
    tokens.push({ kind: kindOf(match.groups ?? {}), text: match[0] })
    at = match.index + match[0].length
  }
  if (at < text.length) tokens.push({ kind: 'plain', text: text.slice(at) })
  return tokens
}

function kindOf(groups: Readonly<Record<string, string | undefined>>): TokenKind {
  if (groups['comment'] !== undefined) return 'comment'
  if (groups['text'] !== undefined) return 'text'
  return groups['word'] === undefined ? 'number' : 'word'
}
