import { useLanguage } from '../texts/texts.tsx'

const FORM = { dateStyle: 'medium', timeStyle: 'medium' } as const

/** To the second, in the time zone of the browser. */
export function ExactTime({ at }: { readonly at: string }) {
  const { language } = useLanguage()
  return <time dateTime={at}>{new Date(at).toLocaleString(language, FORM)}</time>
}
