import { useEffect, useState } from 'react'
import { SHELL } from '../texts/shell-texts.ts'
import { useLanguage, useTexts } from '../texts/texts.tsx'

const EVERY_MS = 5_000
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** How long ago, kept true; the exact time is its title. `at`: ms since 1970 or ISO; undefined and 0 are never. */
export function RelativeTime({ at }: { readonly at: number | string | undefined }) {
  const { language } = useLanguage()
  const texts = useTexts(SHELL)
  const now = useNow()
  const time = typeof at === 'string' ? Date.parse(at) : (at ?? 0)
  if (!Number.isFinite(time) || time === 0) return <span>{texts.never}</span>
  const date = new Date(time)
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString(language)}>
      {agoText(time - now, language)}
    </time>
  )
}

function agoText(ms: number, language: string): string {
  const seconds = Math.round(ms / 1000)
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? (['second', 1] as const)
  return format.format(Math.trunc(seconds / length), unit)
}

/** One clock for all of them would need a place; they are few on a page. */
function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  return now
}
