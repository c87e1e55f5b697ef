import type { Benchmark, Figure } from '../benchmark.ts'
import { startConsoleWorld } from '../console/console-world.ts'
import { type Visit, visitPages } from '../console/visit-pages.ts'

const FULL = { gateways: 10_000, online: 500, tasks: 1_000_000, days: 6, users: 200, scrollMs: 3_000 }
const QUICK = { gateways: 120, online: 5, tasks: 2_000, days: 1, users: 5, scrollMs: 500 }
const MOST_MS = 1_000
const MOST_FRAME_MS = 250

/** Of pages that are built, as a server sends them. */
export const consolePages: Benchmark = {
  summary: `Every page of the console in Chromium, with ${FULL.gateways} gateways and ${FULL.tasks} tasks in the store.`,
  mustReach: `each shows what it is for within ${MOST_MS} ms, and no frame takes more than ${MOST_FRAME_MS} ms, while it opens and while one scrolls`,
  inQuick: false,
  async run({ quick, runs, folder, say }) {
    const { scrollMs, ...size } = quick ? QUICK : FULL
    await using world = await startConsoleWorld(folder, { ...size, say })
    const visits: Visit[] = []
    for (let run = 0; run < runs; run++) {
      const { page, ...window } = await world.browser.open()
      await page.goto(`${world.server.url}/console/`)
      const visit = await visitPages(page, world, { scrollMs })
      window.assertClean()
      await page.context().close()
      visits.push(visit)
      say(
        `  run ${run + 1}: ${Object.entries(visit.shown)
          .map(([name, { shownMs }]) => `${name} ${Math.round(shownMs)}`)
          .join(', ')} ms`,
      )
    }
    const figure = (name: string, atMost: number, value: (visit: Visit) => number | undefined): Figure => ({
      name,
      unit: 'ms',
      ours: visits.map((visit) => value(visit) ?? Number.NaN),
      target: { of: 'ours', atMost },
    })
    const [first] = visits
    const shown = Object.keys(first?.shown ?? {})
    const scrolled = Object.keys(first?.scrolled ?? {})
    const rows = scrolled.map(
      (name) => `${Math.max(...visits.map(({ scrolled: all }) => all[name]?.rows ?? 0))} of ${name}`,
    )
    return {
      figures: [
        ...shown.map((name) => figure(name, MOST_MS, (visit) => visit.shown[name]?.shownMs)),
        figure('  the longest frame of them', MOST_FRAME_MS, ({ shown: all }) =>
          Math.max(...Object.values(all).map(({ longestFrameMs }) => longestFrameMs)),
        ),
        ...scrolled.map((name) =>
          figure(`${name}, scrolled: longest frame`, MOST_FRAME_MS, (visit) => visit.scrolled[name]?.longestFrameMs),
        ),
        figure(
          'tasks, none fits: longest frame while it looks',
          MOST_FRAME_MS,
          ({ searched }) => searched.longestFrameMs,
        ),
        {
          name: 'tasks, none fits: until it asks whether to look further',
          unit: 'ms',
          ours: visits.map(({ searched }) => searched.shownMs),
        },
      ],
      processes: [],
      notes: [
        'From the click to the frame in which nothing loads any more, in a new window each run; overview from the press that signs in. Chromium draws without graphics hardware.',
        `Scrolled for ${scrollMs} ms, down to rows ${rows.join(', ')}. ${size.online} gateways are connected. The tasks are copies of real ones of every engine that ended in different ways, mixed over all gateways and the last days.`,
      ],
      missing: [],
    }
  },
}
