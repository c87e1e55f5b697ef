import { escapeHtml } from './escape-html.ts'
import type { Heading } from './markdown-page.ts'

export interface PageLink {
  readonly href: string
  readonly title: string
}

export interface Frame {
  readonly groups: readonly { readonly title: string; readonly links: readonly PageLink[] }[]
  /** Addresses of what the browser loads. */
  readonly assets: { readonly theme: string; readonly main: string; readonly style: string; readonly index: string }
  readonly version: string
}

export interface PageParts {
  /** Undefined where the page has no place in the navigation. */
  readonly href: string | undefined
  readonly title: string
  readonly html: string
  readonly headings: readonly Heading[]
  readonly before: PageLink | undefined
  readonly after: PageLink | undefined
}

/** Of the table of contents; more headings than these would hide it rather than show it. */
const DEEPEST_LEVEL = 3
/** A text that more headings have than these tells them apart no more ("Parameters"). */
const MOST_NAMESAKES = 2

/** A whole page. Everything that moves is in files of their own: the policy of the server lets nothing inline run. */
export function pageHtml(page: PageParts, { groups, assets, version }: Frame): string {
  const contents = contentsOf(page.headings)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(page.title)} · Postern</title>
<link rel="icon" href="/docs/icon.svg" type="image/svg+xml">
<script src="${assets.theme}"></script>
<link rel="stylesheet" href="${assets.style}">
<script type="module" src="${assets.main}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/docs/">Postern <span>Documentation</span></a>
<div class="search" role="search" data-index="${assets.index}">
<label class="unseen" for="search">Search the documentation</label>
<input id="search" type="search" placeholder="Search ( / )" autocomplete="off" spellcheck="false" aria-keyshortcuts="/" aria-describedby="search-count" aria-controls="search-results">
<p id="search-count" class="unseen" role="status"></p>
<div id="search-results" class="results" hidden></div>
</div>
<nav class="tools" aria-label="This server">
<a href="/console/">Console</a>
<label class="unseen" for="theme">Colours</label>
<select id="theme"><option value="auto">As the system</option><option value="light">Light</option><option value="dark">Dark</option></select>
</nav>
</header>
<div class="columns">
<nav class="pages" aria-label="Pages">
<details>
<summary>All pages</summary>
${groups.map((group) => navigationGroup(group, page.href)).join('\n')}
</details>
</nav>
<main id="main" tabindex="-1">
${contents === '' ? '' : `<details class="contents-here"><summary>On this page</summary>${contents}</details>`}
<article>
${page.html}</article>
${turns(page)}
<footer>Postern ${escapeHtml(version)}, Apache-2.0</footer>
</main>
${contents === '' ? '' : `<nav class="contents" aria-label="On this page"><h2>On this page</h2>${contents}</nav>`}
</div>
</body>
</html>
`
}

function navigationGroup({ title, links }: Frame['groups'][number], here: string | undefined): string {
  const items = links.map(
    (link) =>
      `<li><a href="${link.href}"${link.href === here ? ' aria-current="page"' : ''}>${escapeHtml(link.title)}</a></li>`,
  )
  return `<h2>${escapeHtml(title)}</h2>\n<ul>${items.join('')}</ul>`
}

function contentsOf(headings: readonly Heading[]): string {
  const items = headings
    .filter(({ level }) => level > 1 && level <= DEEPEST_LEVEL)
    .filter(({ text }, _at, all) => all.filter((each) => each.text === text).length <= MOST_NAMESAKES)
    .map(({ level, text, anchor }) => `<li class="level-${level}"><a href="#${anchor}">${escapeHtml(text)}</a></li>`)
  return items.length < 2 ? '' : `<ul>${items.join('')}</ul>`
}

function turns({ before, after }: PageParts): string {
  if (before === undefined && after === undefined) return ''
  return `<nav class="turns" aria-label="Before and after">${turn(before, 'prev', 'Previous')}${turn(after, 'next', 'Next')}</nav>`
}

function turn(link: PageLink | undefined, rel: string, label: string): string {
  if (link === undefined) return ''
  return `<a rel="${rel}" href="${link.href}"><span>${label}</span> ${escapeHtml(link.title)}</a>`
}
