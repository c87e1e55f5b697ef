import { Button, Menu, useMantineColorScheme } from '@mantine/core'
import { SHELL } from '../texts/shell-texts.ts'
import { LANGUAGES, type Language, useLanguage, useTexts } from '../texts/texts.tsx'

const THEMES = ['auto', 'light', 'dark'] as const
const isTheme = (name: string): name is (typeof THEMES)[number] => THEMES.some((theme) => theme === name)

/** Language and colours: the only things that the browser keeps. */
export function Preferences() {
  const texts = useTexts(SHELL)
  const { language, choose } = useLanguage()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const other: Language = language === 'en' ? 'zh' : 'en'
  return (
    <>
      <Button variant="default" size="xs" lang={other === 'zh' ? 'zh-CN' : 'en'} onClick={() => choose(other)}>
        {LANGUAGES[other]}
      </Button>
      <Menu>
        <Menu.Target>
          <Button variant="default" size="xs">
            {texts.theme}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.RadioGroup value={colorScheme} onChange={(chosen) => isTheme(chosen) && setColorScheme(chosen)}>
            {THEMES.map((theme) => (
              <Menu.RadioItem key={theme} value={theme} closeMenuOnClick>
                {texts.themes[theme]}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </Menu.Dropdown>
      </Menu>
    </>
  )
}
