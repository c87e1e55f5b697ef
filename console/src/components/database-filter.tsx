import { Checkbox, Group, TextInput } from '@mantine/core'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

interface FilterProps {
  readonly search: string
  readonly onSearch: (text: string) => void
  /** Whether those of the database server itself are in the list. */
  readonly system: boolean
  readonly onSystem: (system: boolean) => void
}

/** Above a list of databases: what of it is shown. */
export function DatabaseFilter({ search, onSearch, system, onSystem }: FilterProps) {
  const { databaseFilter: texts } = useTexts(SHELL)
  return (
    <Group align="end">
      <TextInput
        label={texts.search}
        type="search"
        value={search}
        onChange={({ currentTarget }) => onSearch(currentTarget.value)}
      />
      <Checkbox
        label={texts.system}
        checked={system}
        onChange={({ currentTarget }) => onSystem(currentTarget.checked)}
      />
    </Group>
  )
}
