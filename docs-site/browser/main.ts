import './style.css'
import { startSearch } from './search.ts'

const THEME_NAME = 'mantine-color-scheme-value'
const WIDE = '(min-width: 60rem)'
const COPIED_MS = 2_000

startSearch()
chooseTheme()
foldNavigation()
addCopyButtons()
makeScrollable()
window.addEventListener('resize', makeScrollable)

function chooseTheme(): void {
  const select = document.querySelector<HTMLSelectElement>('#theme')
  if (select === null) return
  const now = document.documentElement.dataset['theme'] ?? 'auto'
  select.value = ['light', 'dark'].includes(now) ? now : 'auto'
  select.addEventListener('change', () => {
    document.documentElement.dataset['theme'] = select.value
    try {
      localStorage.setItem(THEME_NAME, select.value)
    } catch {
      // It counts for this page.
    }
  })
}

/** On a phone the list of pages would be all that one sees. Elsewhere it is open; the style shows it so before. */
function foldNavigation(): void {
  const pages = document.querySelector<HTMLDetailsElement>('.pages details')
  const wide = window.matchMedia(WIDE)
  const fold = () => {
    if (pages !== null) pages.open = wide.matches
  }
  fold()
  wide.addEventListener('change', fold)
  document.querySelector('.pages [aria-current]')?.scrollIntoView({ block: 'nearest' })
}

/** Only where the browser lets a page write to the clipboard. */
function addCopyButtons(): void {
  if (!window.isSecureContext) return
  for (const box of document.querySelectorAll('.code')) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.textContent = 'Copy'
    button.addEventListener('click', () => {
      const text = box.querySelector('code')?.textContent ?? ''
      navigator.clipboard.writeText(text).then(
        () => say(button, 'Copied'),
        () => say(button, 'Not allowed'),
      )
    })
    box.append(button)
  }
}

function say(button: HTMLButtonElement, text: string): void {
  button.textContent = text
  setTimeout(() => {
    button.textContent = 'Copy'
  }, COPIED_MS)
}

/** What is wider than the page can be moved with the keyboard; the others are no stops on the way. */
function makeScrollable(): void {
  for (const box of document.querySelectorAll<HTMLElement>('.scroll')) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0
    else box.removeAttribute('tabindex')
  }
}
