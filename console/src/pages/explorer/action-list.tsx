import { NavLink, Text, TextInput, Title } from '@mantine/core'
import { Link, useLocation } from 'wouter'
import { useLanguage, useTexts } from '../../texts/texts.tsx'
import { DECLARED_ZH } from '../../texts/explorer-declared.zh.ts'
import type { Action, Catalogue } from './action-catalogue.ts'
import { Declared } from './declared.tsx'
import { EXPLORER } from './explorer-texts.ts'

interface ListProps {
  readonly catalogue: Catalogue
  readonly chosen: string | undefined
  /** The language of samples stays chosen from action to action. */
  readonly language: string | undefined
  readonly search: string
  readonly onSearch: (search: string) => void
}

export function ActionList({ catalogue, chosen, language, search, onSearch }: ListProps) {
  const texts = useTexts(EXPLORER)
  const { language: spoken } = useLanguage()
  const [, navigate] = useLocation()
  const found = catalogue.actions.filter((action) => isFound(action, search, spoken === 'zh'))
  const address = (name: string) => `/explorer/${name}${language === undefined ? '' : `/${language}`}`
  const first = catalogue.groups.flatMap((group) => found.filter((action) => action.group === group))[0]
  return (
    <>
      <TextInput
        type="search"
        label={texts.search}
        description={texts.searchHelp}
        value={search}
        onChange={({ currentTarget }) => onSearch(currentTarget.value)}
        onKeyDown={({ key, currentTarget }) => {
          if (key !== 'Enter' || search === '' || first === undefined) return
          // The heading of what is found takes the focus.
          currentTarget.blur()
          navigate(address(first.name))
        }}
      />
      <Text size="sm" c="dimmed" my="xs" role="status">
        {found.length === 0 ? texts.noneFound : texts.found(found.length, catalogue.actions.length)}
      </Text>
      <nav aria-label={texts.actions}>
        {catalogue.groups.map((group) => {
          const own = found.filter((action) => action.group === group)
          if (own.length === 0) return null
          return (
            <section key={group} aria-label={texts.group(group)}>
              <Title order={2} size="h6" mt="sm">
                {texts.group(group)}
              </Title>
              {own.map(({ name, summary, mutates }) => (
                <NavLink
                  key={name}
                  component={Link}
                  href={address(name)}
                  active={name === chosen}
                  aria-current={name === chosen ? 'page' : undefined}
                  label={name}
                  description={chosen === undefined ? <Declared text={summary} /> : undefined}
                  className="action-link"
                  data-mutates={mutates || undefined}
                />
              ))}
            </section>
          )
        })}
      </nav>
    </>
  )
}

/** Every word of the search is somewhere in the name, the sentence or the parameters. */
function isFound({ name, summary, parameters }: Action, search: string, chinese: boolean): boolean {
  const translated = chinese ? (DECLARED_ZH[summary] ?? '') : ''
  const text = [name, summary, translated, ...parameters.map((parameter) => parameter.name)].join(' ').toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
