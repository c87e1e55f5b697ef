import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'

export const LANGUAGES = { en: 'English', zh: '中文' } as const
export type Language = keyof typeof LANGUAGES

/** The Chinese one is declared with the type of the English one, so that no text of it can be missing. */
export interface BothLanguages<T> {
  readonly en: T
  readonly zh: T
}

interface LanguageChoice {
  readonly language: Language
  readonly choose: (language: Language) => void
}

const LanguageContext = createContext<LanguageChoice>({ language: 'en', choose: () => {} })
const KEPT_AS = 'postern.language'

/** The browser's language, until the person has chosen one: that is kept, as a preference. */
export function LanguageProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(firstLanguage)
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  }, [language])
  const choice = useMemo(
    () => ({
      language,
      choose: (chosen: Language) => {
        setLanguage(chosen)
        localStorage.setItem(KEPT_AS, chosen)
      },
    }),
    [language],
  )
  return <LanguageContext value={choice}>{children}</LanguageContext>
}

export const useLanguage = (): LanguageChoice => useContext(LanguageContext)

/** Of the chosen language; each page has texts of its own, which come with it. */
export function useTexts<T>(texts: BothLanguages<T>): T {
  const { language } = useLanguage()
  return texts[language]
}

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT_AS)
  if (kept === 'en' || kept === 'zh') return kept
  return navigator.languages.some((name) => name.toLowerCase().startsWith('zh')) &&
    !(navigator.languages[0] ?? '').toLowerCase().startsWith('en')
    ? 'zh'
    : 'en'
}
