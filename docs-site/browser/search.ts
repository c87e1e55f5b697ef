import MiniSearch, { type SearchResult } from 'minisearch'
import { SEARCH_OPTIONS, type SearchDocument } from '../search-index.ts'

const MOST_RESULTS = 12
const BEFORE_HIT = 50
const SNIPPET_LENGTH = 160

/** The field at the top: `/` goes there, the arrows go through what is found, Escape leaves it. */
export function startSearch(): void {
  const box = document.querySelector<HTMLElement>('.search')
  const input = box?.querySelector<HTMLInputElement>('input')
  const results = box?.querySelector<HTMLElement>('.results')
  const count = box?.querySelector<HTMLElement>('[role=status]')
  if (!box || !input || !results || !count) return
  const load = once(() => loadIndex(box.dataset['index'] ?? ''))
  const links = () => [...results.querySelectorAll('a')]
  const close = () => {
    results.hidden = true
  }

  const show = async () => {
    const query = input.value.trim()
    if (query === '') {
      results.replaceChildren()
      count.textContent = ''
      return close()
    }
    const index = await load().catch(() => undefined)
    // What was typed meanwhile has its own answer.
    if (query !== input.value.trim()) return
    const found = index === undefined ? [] : find(index, query)
    const text =
      index === undefined
        ? 'The search could not be loaded. Reload the page.'
        : found.length === 0
          ? `Nothing found for “${query}”.`
          : `${found.length} found`
    count.textContent = text
    results.replaceChildren(...(found.length === 0 ? [paragraph(text)] : found.map((hit) => resultLink(hit))))
    results.hidden = false
  }

  input.addEventListener('focus', () => void load().catch(() => undefined))
  input.addEventListener('input', () => void show())
  input.addEventListener('focus', () => {
    if (input.value.trim() !== '') results.hidden = false
  })
  box.addEventListener('keydown', (event) => {
    const all = links()
    const at = all.findIndex((link) => link === document.activeElement)
    if (event.key === 'Escape') {
      if (at >= 0) input.focus()
      close()
    } else if (event.key === 'Enter' && at < 0) {
      all[0]?.click()
    } else if (event.key === 'ArrowDown') {
      event.preventDefault()
      all[at + 1]?.focus()
    } else if (event.key === 'ArrowUp') {
      event.preventDefault()
      if (at > 0) all[at - 1]?.focus()
      else input.focus()
    }
  })
  box.addEventListener('focusout', ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node) || !box.contains(relatedTarget)) close()
  })
  // A link to the page that one is on does not load anything.
  results.addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('a') !== null) close()
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return
    event.preventDefault()
    input.focus()
    input.select()
  })
}

interface Hit extends Pick<SearchDocument, 'title' | 'page' | 'text' | 'href'> {
  /** The words of the text that were meant. */
  readonly words: readonly string[]
}

async function loadIndex(address: string): Promise<MiniSearch<SearchDocument>> {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return MiniSearch.loadJSONAsync<SearchDocument>(await response.text(), SEARCH_OPTIONS)
}

/** Everything that has all the words; where nothing has, what has one of them. */
function find(index: MiniSearch<SearchDocument>, query: string): readonly Hit[] {
  const all = index.search(query)
  return (all.length > 0 ? all : index.search(query, { combineWith: 'OR' })).slice(0, MOST_RESULTS).map(toHit)
}

function toHit(result: SearchResult): Hit {
  const text = (name: string) => {
    const value: unknown = result[name]
    return typeof value === 'string' ? value : ''
  }
  return { title: text('title'), page: text('page'), text: text('text'), href: text('href'), words: result.terms }
}

function resultLink({ title, page, text, href, words }: Hit): HTMLAnchorElement {
  const link = document.createElement('a')
  link.href = href
  const name = document.createElement('strong')
  name.append(...marked(title, words))
  const where = document.createElement('span')
  where.className = 'where'
  where.textContent = title === page ? '' : page
  const snippet = document.createElement('span')
  snippet.className = 'snippet'
  snippet.append(...marked(cut(text, words), words))
  link.append(name, ' ', where, snippet)
  return link
}

function cut(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase()
  const at = Math.min(...words.map((word) => lower.indexOf(word)).filter((each) => each >= 0), text.length)
  const from = at === text.length || at < BEFORE_HIT ? 0 : text.lastIndexOf(' ', at - BEFORE_HIT) + 1
  const part = text.slice(from, from + SNIPPET_LENGTH)
  return `${from > 0 ? '… ' : ''}${part}${from + SNIPPET_LENGTH < text.length ? ' …' : ''}`
}

function marked(text: string, words: readonly string[]): readonly (Node | string)[] {
  if (words.length === 0) return [text]
  const any = words.map(escapePattern).join('|')
  return text.split(new RegExp(`(${any})`, 'giu')).map((part, at) => {
    if (at % 2 === 0) return part
    const mark = document.createElement('mark')
    mark.textContent = part
    return mark
  })
}

/** A word of a page may be `>=`. */
function escapePattern(word: string): string {
  return word.replaceAll(/[^\p{L}\p{N}]/gu, (each) => `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`)
}

function paragraph(text: string): HTMLParagraphElement {
  const element = document.createElement('p')
  element.textContent = text
  return element
}

/** Asked again where it failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return async () => {
    made ??= make()
    try {
      return await made
    } catch (error) {
      made = undefined
      throw error
    }
  }
}

const isField = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, select, textarea'))
