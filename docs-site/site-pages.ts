import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeHtml } from './escape-html.ts'
import { type MarkdownPage, readMarkdownPage } from './markdown-page.ts'
import { NAVIGATION } from './navigation.ts'
import { type Frame, type PageLink, pageHtml } from './page-html.ts'
import type { SearchDocument } from './search-index.ts'

const BASE = '/docs/'

interface ReadPage extends PageLink {
  readonly path: string
  readonly about: string
  readonly content: MarkdownPage
}

export interface Site {
  readonly documents: readonly SearchDocument[]
  /** Path and text of every page, such as `guide/install.html`. */
  render(frame: Omit<Frame, 'groups'>): ReadonlyMap<string, string>
}

/** All pages of the clone `root`. Throws where one is missing or does not begin with its title. */
export function readSite(root: string): Site {
  const entries = NAVIGATION.flatMap((group) => group.entries)
  const hrefs = new Map(entries.map(({ source, path }) => [source, `${BASE}${path}`]))
  const groups = NAVIGATION.map((group) => ({
    title: group.title,
    links: group.entries.map(({ source, path, title, about }): ReadPage => {
      const markdown = readFileSync(join(root, source), 'utf8')
      const content = readMarkdownPage(markdown, { source, hrefOf: (file) => hrefs.get(file) })
      return { path, about, content, title: title ?? content.title, href: `${BASE}${path}` }
    }),
  }))
  const pages = groups.flatMap((group) => group.links)
  return {
    documents: pages.flatMap(searchDocuments).map((document, id) => ({ ...document, id })),
    render: (rest) => {
      const frame = { ...rest, groups }
      const alone = (title: string, html: string, href?: string) =>
        pageHtml({ href, title, html, headings: [], before: undefined, after: pages[0] }, frame)
      return new Map([
        ['index.html', alone('Documentation', firstPage(groups), BASE)],
        ['404.html', alone('There is no such page', NO_PAGE)],
        ...pages.map(({ path, title, href, content }, at) => {
          const { html, headings } = content
          const parts = { href, title, html, headings, before: pages[at - 1], after: pages[at + 1] }
          return [`${path}.html`, pageHtml(parts, frame)] as const
        }),
      ])
    },
  }
}

function searchDocuments({ href, path, title, about, content }: ReadPage): Omit<SearchDocument, 'id'>[] {
  let parent = ''
  return content.sections.flatMap(({ level, text, anchor, body }) => {
    if (level === 1) return [{ title, page: title, about: `${about} ${path}`, text: body, href }]
    if (level === 2) parent = text
    if (body === '') return []
    // "Answer" says something only with the name of its action.
    const page = level === 2 ? title : `${title} › ${parent}`
    return [{ title: text, page, about: '', text: body, href: `${href}#${anchor}` }]
  })
}

function firstPage(groups: readonly { readonly title: string; readonly links: readonly ReadPage[] }[]): string {
  const lists = groups.map(({ title, links }) => {
    const items = links.map(
      (link) => `<li><a href="${link.href}">${escapeHtml(link.title)}</a> <span>${escapeHtml(link.about)}</span></li>`,
    )
    return `<section><h2>${escapeHtml(title)}</h2><ul>${items.join('')}</ul></section>`
  })
  return `<h1>Documentation</h1>
<p>Postern lists the databases that live behind a firewall. A gateway beside the databases dials out, so the firewall lets nothing in and passwords never leave. The server, which you are reading this on, answers an API that is compatible with Alibaba Cloud DBS.</p>
<p>The <a href="/console/">console</a> is on this server too, and so is the API as <a href="/openapi.json">OpenAPI</a>.</p>
<div class="cards">${lists.join('\n')}</div>
`
}

const NO_PAGE = `<h1>There is no such page</h1>
<p>It may have another name by now. Search for it above, or look at <a href="/docs/">all pages</a>.</p>
`
