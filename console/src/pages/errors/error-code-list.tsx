import { Anchor, Group, NativeSelect, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'
import { describedAs, type ErrorDescription, type Group as CodeGroup, useErrorCodes } from './error-codes.ts'
import { ERRORS } from './errors-texts.ts'

const GROUPS: readonly CodeGroup[] = ['request', 'access', 'discovery']
const isGroup = (text: string): text is CodeGroup => GROUPS.some((group) => group === text)

export function ErrorCodeList() {
  const texts = useTexts(ERRORS)
  const { pages } = useTexts(SHELL)
  const { data, error, refetch } = useErrorCodes()
  const [search, setSearch] = useState('')
  const [group, setGroup] = useState<CodeGroup>()
  const found = (data ?? []).filter((each) => fits(each, search, data ?? []) && (group ?? each.group) === each.group)
  return (
    <Stack>
      <PageTitle title={pages.errors} />
      <Text>{texts.help}</Text>
      <Group align="end">
        <TextInput
          type="search"
          label={texts.search}
          placeholder="SignatureDoesNotMatch"
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
          spellCheck={false}
        />
        <NativeSelect
          label={texts.group}
          value={group ?? ''}
          onChange={({ currentTarget: { value } }) => setGroup(isGroup(value) ? value : undefined)}
          data={[{ value: '', label: texts.all }, ...GROUPS.map((value) => ({ value, label: texts.groups[value] }))]}
        />
      </Group>
      {error !== null && <ErrorPanel error={error} onAgain={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton height={480} />}
      {data !== undefined && (
        <>
          <Text size="sm" c="dimmed" role="status">
            {texts.count(found.length, data.length)}
          </Text>
          {found.length === 0 && <EmptyState what={texts.noneFits}>{texts.noneFitsHelp}</EmptyState>}
          <ul className="plain-list" aria-label={pages.errors}>
            {found.map(({ code, status, meaning }) => (
              <li key={code}>
                <Anchor component={Link} href={`/errors/${encodeURIComponent(code)}`} fw={600}>
                  {code}
                </Anchor>{' '}
                <Text span size="sm" c="dimmed">
                  HTTP {status}
                </Text>
                <Text size="sm">{meaning}</Text>
              </li>
            ))}
          </ul>
        </>
      )}
    </Stack>
  )
}

/** A part of any text, or a code as it was answered. */
function fits(each: ErrorDescription, search: string, all: readonly ErrorDescription[]): boolean {
  const wanted = search.trim().toLowerCase()
  if (wanted === '') return true
  if ([each.code, each.message, each.meaning, each.mend].some((text) => text.toLowerCase().includes(wanted)))
    return true
  return describedAs(all, search.trim()) === each
}
