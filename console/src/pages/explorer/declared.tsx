import { useLanguage } from '../../texts/texts.tsx'
import { DECLARED_ZH } from '../../texts/explorer-declared.zh.ts'

/** A sentence of `/openapi.json`, in the language of the person where it has been translated, else marked as English. */
export function Declared({ text }: { readonly text: string }) {
  const { language } = useLanguage()
  if (language === 'en') return text
  const translated = DECLARED_ZH[text]
  return translated ?? <span lang="en">{text}</span>
}
