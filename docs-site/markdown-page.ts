import { dirname, join, normalize } from 'node:path/posix'
import { Marked, type Token, type Tokens } from 'marked'
import { anchorOf } from '../scripts/docs/markdown.ts'
import { escapeHtml } from './escape-html.ts'

export interface Heading {
  readonly level: number
  readonly text: string
  readonly anchor: string
}

/** What stands below one heading, for the search. */
export interface Section extends Heading {
  readonly body: string
}

export interface MarkdownPage {
  /** The first heading. */
  readonly title: string
  readonly html: string
  readonly headings: readonly Heading[]
  readonly sections: readonly Section[]
}

/** `hrefOf`: the address of a file of the project, or undefined where it has none; its link becomes plain text then. */
export function readMarkdownPage(
  markdown: string,
  { source, hrefOf }: { readonly source: string; readonly hrefOf: (file: string) => string | undefined },
): MarkdownPage {
  const taken = new Map<string, number>()
  const anchors = new Map<Tokens.Heading, string>()
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading(token) {
        const { depth } = token
        const anchor = anchors.get(token) ?? ''
        const inner = this.parser.parseInline(token.tokens)
        if (depth === 1) return `<h1 id="${anchor}">${inner}</h1>\n`
        // For the pointer: others have the table of contents, and would meet it at every heading.
        const link = `<a class="anchor" href="#${anchor}" aria-hidden="true" tabindex="-1">#</a>`
        return `<h${depth} id="${anchor}">${inner} ${link}</h${depth}>\n`
      },
      link(token) {
        const inner = this.parser.parseInline(token.tokens)
        const href = resolve(token.href)
        return href === undefined ? inner : `<a href="${escapeHtml(href)}">${inner}</a>`
      },
      table(token) {
        const row = (cells: readonly Tokens.TableCell[], tag: string) =>
          `<tr>${cells.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`
        // A table whose header is empty has none.
        const head = token.header.some(({ text }) => text !== '') ? `<thead>${row(token.header, 'th')}</thead>` : ''
        return `<div class="scroll"><table>${head}<tbody>${token.rows.map((cells) => row(cells, 'td')).join('\n')}</tbody></table></div>\n`
      },
      code({ text, lang }) {
        return `<div class="code"><pre class="scroll"${lang ? ` data-language="${escapeHtml(lang)}"` : ''}><code>${escapeHtml(text)}\n</code></pre></div>\n`
      },
      html({ text }) {
        return text.replaceAll(/<!--[^]*?-->/g, '')
      },
    },
  })
  const resolve = (href: string) => {
    if (href.startsWith('#') || /^[a-z]+:/.test(href)) return href
    const [file = '', anchor] = href.split('#')
    const address = hrefOf(normalize(join(dirname(source), file)))
    return address === undefined || anchor === undefined ? address : `${address}#${anchor}`
  }

  const tokens = marked.lexer(markdown)
  const sections: { heading: Heading; body: string[] }[] = []
  let folded = false
  for (const token of tokens) {
    if (isHeading(token)) {
      const text = textOf(token)
      const name = anchorOf(text)
      const before = taken.get(name) ?? 0
      taken.set(name, before + 1)
      const anchor = before === 0 ? name : `${name}-${before}`
      anchors.set(token, anchor)
      sections.push({ heading: { level: token.depth, text, anchor }, body: [] })
      continue
    }
    // What is folded away proves what stands above it; who searches means the text.
    if (token.type === 'html' && token.raw.includes('<details>')) folded = true
    if (!folded && token.type !== 'html') sections.at(-1)?.body.push(textOf(token))
    if (token.type === 'html' && token.raw.includes('</details>')) folded = false
  }
  const [first] = sections
  if (first?.heading.level !== 1) throw new Error(`${source} does not begin with a heading of the first level`)
  return {
    title: first.heading.text,
    html: marked.parser(tokens),
    headings: sections.map(({ heading }) => heading),
    sections: sections.map(({ heading, body }) => ({
      ...heading,
      body: body.join(' ').replaceAll(/\s+/g, ' ').trim(),
    })),
  }
}

const isHeading = (token: Token): token is Tokens.Heading => token.type === 'heading'
const isTable = (token: Token): token is Tokens.Table => token.type === 'table'
const isList = (token: Token): token is Tokens.List => token.type === 'list'

/** As it is read, without marks. */
function textOf(token: Token): string {
  if (isTable(token)) {
    return [token.header, ...token.rows]
      .map((cells) => cells.map(({ tokens }) => textOfAll(tokens)).join(' '))
      .join(' ')
  }
  if (isList(token)) return token.items.map(textOf).join(' ')
  if (token.type === 'html' || token.type === 'space') return ' '
  if ('tokens' in token && token.tokens !== undefined) return textOfAll(token.tokens)
  return 'text' in token && typeof token.text === 'string' ? token.text : ' '
}

const textOfAll = (tokens: readonly Token[]): string => tokens.map(textOf).join('')
