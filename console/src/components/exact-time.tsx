import { useLanguage } from '../texts/texts.tsx'

/** To the second, in the time zone of the browser. */
export function ExactTime({ at }: { readonly at: string }) {
  const { language } = useLanguage()
  return <time dateTime={at}>{new Date(at).toLocaleString(language)}</time>
}
