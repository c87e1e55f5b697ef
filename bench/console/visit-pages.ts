import type { Page } from 'playwright-core'
import type { ConsoleWorld } from './console-world.ts'
import { click, enter, says, scrollDown, there, type Timed, untilShown } from './page-clock.ts'

const FIRST_ROW = there('#main [role=grid] [aria-rowindex="2"]')
const SEARCHED = 'Nothing more fits in what was looked at so far.'
const CANCELLED = `${FIRST_ROW} && [...document.querySelectorAll('#main [role=gridcell]:first-child')].every((cell) => cell.innerText === 'Cancelled')`
/** Quick, but one still sees the rows go by. */
const PIXELS_A_FRAME = 240

/** What is to be seen of each page; the first is the one behind signing in. */
const PAGES: Readonly<Record<string, string>> = {
  overview: there('#main figure'),
  discover: there('#main form button[type=submit]'),
  gateways: FIRST_ROW,
  tasks: FIRST_ROW,
  access: FIRST_ROW,
  audit: FIRST_ROW,
  explorer: there('#main .action-link'),
  errors: there('#main ul.plain-list li'),
}
const LONG = ['gateways', 'tasks', 'audit'] as const

/** What people do on a page with a long list. `last` is the name of the newest gateway. */
const deedsWith = (last: string): Readonly<Record<string, { page: string; act: string; shown: string }>> => ({
  'discover, a gateway by its name': {
    page: 'discover',
    act: enter('#main .mantine-Select-input', last),
    shown: `[...document.querySelectorAll('[role=option]')].some((option) => option.innerText.startsWith('${last} '))`,
  },
  'gateways, one by its name': {
    page: 'gateways',
    act: enter('#main input[type=search]', last),
    shown: `${says(last)} && document.querySelectorAll('#main [aria-rowindex]').length === 2`,
  },
  'gateways, a status that none has': {
    page: 'gateways',
    act: enter('#main select', 'CONFLICT'),
    shown: says('No gateway fits.'),
  },
  'gateways, one of them': {
    page: 'gateways',
    act: click('#main [aria-rowindex="2"]'),
    shown: there('#main .two-columns'),
  },
  'tasks, one of them': {
    page: 'tasks',
    act: click('#main [aria-rowindex="2"]'),
    shown: there('#main .two-columns'),
  },
  'tasks, an ending that few have': {
    page: 'tasks',
    act: enter('#main select', 'Cancelled'),
    shown: CANCELLED,
  },
})

/** Names and figures in the order in which they were taken. */
export interface Visit {
  readonly shown: Readonly<Record<string, Timed>>
  /** The longest frame while one scrolls for so long. */
  readonly scrolled: Readonly<Record<string, { readonly rows: number; readonly longestFrameMs: number }>>
  /** Of the tasks that were looked at until the page asked whether it shall look further; none of them fits. */
  readonly searched: Timed
}

/** Signs in, in a window that is at the console, and goes to every page. Rejects where one does not show. */
export async function visitPages(
  page: Page,
  { server, last }: Pick<ConsoleWorld, 'server' | 'last'>,
  { scrollMs }: { readonly scrollMs: number },
): Promise<Visit> {
  await page.getByLabel('AccessKey ID').fill(server.accessKey.AccessKeyId)
  await page.locator('input[type=password]').fill(server.accessKey.AccessKeySecret)
  const shown: Record<string, Timed> = {}
  const scrolled: Record<string, { rows: number; longestFrameMs: number }> = {}
  const goTo = (name: string, content: string) =>
    untilShown(page, {
      act: name === 'overview' ? click('#main button[type=submit]') : click(linkTo(name)),
      shown: content,
    })
  for (const [name, content] of Object.entries(PAGES)) shown[name] = await goTo(name, content)
  for (const name of LONG) {
    await untilShown(page, { act: click(linkTo(name)), shown: FIRST_ROW })
    scrolled[name] = await scrollDown(page, { ms: scrollMs, pixelsAFrame: PIXELS_A_FRAME })
  }
  for (const [name, deed] of Object.entries(deedsWith(last))) {
    await anew(page, deed.page)
    shown[name] = await untilShown(page, deed)
  }
  await anew(page, 'tasks')
  await untilShown(page, { act: enter('#main select', 'Cancelled'), shown: CANCELLED })
  const searched = await untilShown(page, {
    act: enter('#main :nth-child(2 of .mantine-NativeSelect-root) select', 'MongoDB'),
    shown: `${says(SEARCHED)} || ${says('No task fits the filter.')}`,
  })
  return { shown, scrolled, searched }
}

/** Without what was chosen there before. */
async function anew(page: Page, name: string): Promise<void> {
  await untilShown(page, { act: click(linkTo('errors')), shown: there('#main ul.plain-list') })
  await untilShown(page, { act: click(linkTo(name)), shown: PAGES[name] ?? FIRST_ROW })
}

const linkTo = (name: string) => `nav a[href="/console/${name}"]`
