import type { Page } from 'playwright-core'
import { z } from 'zod'

/** What is seen as still loading. */
const WAITS = '#main .mantine-Skeleton-root, #main [aria-busy=true]'
const MAX_MS = 30_000

const timed = z.object({ shownMs: z.number(), longestFrameMs: z.number() })
const scrolled = z.object({ rows: z.number(), longestFrameMs: z.number() })
export type Timed = z.output<typeof timed>
export type Scrolled = z.output<typeof scrolled>

/**
 * Does `act`, a statement, in the window and looks at each frame until `shown`, an expression, is true and nothing loads any
 * more. Measured inside of the window, so that the way to it counts for nothing; a frame is the time from one to the next.
 */
export async function untilShown(page: Page, step: { readonly act: string; readonly shown: string }): Promise<Timed> {
  const { act, shown } = step
  const script = `new Promise((resolve, reject) => {
    const began = performance.now()
    let before = began
    let longestFrameMs = 0
    const look = () => {
      const now = performance.now()
      longestFrameMs = Math.max(longestFrameMs, now - before)
      before = now
      if ((${shown}) && document.querySelector(${JSON.stringify(WAITS)}) === null) resolve({ shownMs: now - began, longestFrameMs })
      else if (now - began > ${MAX_MS}) reject(new Error('not shown: ' + ${JSON.stringify(shown)}))
      else requestAnimationFrame(look)
    }
    ${act}
    requestAnimationFrame(look)
  })`
  return timed.parse(await page.evaluate(script))
}

/** Scrolls the grid of the page down for so long, as somebody who looks for something far below. */
export async function scrollDown(
  page: Page,
  { ms, pixelsAFrame }: { readonly ms: number; readonly pixelsAFrame: number },
): Promise<Scrolled> {
  const script = `new Promise((resolve) => {
    const grid = document.querySelector('#main [role=grid]')
    const began = performance.now()
    let before = began
    let longestFrameMs = 0
    const scroll = () => {
      const now = performance.now()
      longestFrameMs = Math.max(longestFrameMs, now - before)
      before = now
      grid.scrollTop += ${pixelsAFrame}
      if (now - began < ${ms}) return requestAnimationFrame(scroll)
      const rows = [...grid.querySelectorAll('[aria-rowindex]')].map((row) => Number(row.getAttribute('aria-rowindex')))
      resolve({ rows: Math.max(...rows), longestFrameMs })
    }
    requestAnimationFrame(scroll)
  })`
  return scrolled.parse(await page.evaluate(script))
}

export const click = (selector: string): string => `document.querySelector(${JSON.stringify(selector)}).click()`

export const there = (selector: string): string => `document.querySelector(${JSON.stringify(selector)}) !== null`

export const says = (text: string): string =>
  `document.querySelector('#main').innerText.includes(${JSON.stringify(text)})`

/** As a person's typing or choosing comes to React: past its own setter. */
export const enter = (selector: string, text: string): string => `{
  const field = document.querySelector(${JSON.stringify(selector)})
  field.focus()
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, ${JSON.stringify(text)})
  field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }))
}`
