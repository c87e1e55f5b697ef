import { Stack, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { usePages } from '../../api/use-pages.ts'
import { DatabaseFilter } from '../../components/database-filter.tsx'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { useLanguage, useTexts } from '../../texts/texts.tsx'
import { DATABASES } from './task-actions.ts'
import { TASKS } from './tasks-texts.ts'

const PAGE = 500
const TYPED_MS = 200

type Answer = (typeof DATABASES.answer)['_zod']['output']
type Database = Answer['Databases']['Database'][number]
const rowsOf = (answer: Answer) => answer.Databases.Database
const keyOf = ({ Name: name, Kind: kind }: Database) => `${kind} ${name}`

/** What a task found; the server searches, so a million names are as quick as ten. */
export function TaskDatabases({ id }: { readonly id: string }) {
  const texts = useTexts(TASKS)
  const { language } = useLanguage()
  const [search, setSearch] = useState('')
  const [system, setSystem] = useState(false)
  const [typed] = useDebouncedValue(search, TYPED_MS)
  const databases = usePages(DATABASES, {
    params: { TaskId: id, IncludeSystemDatabases: system, NameContains: typed, MaxResults: PAGE },
    rowsOf,
    keyOf,
  })
  const columns: readonly Column<Database>[] = [
    { key: 'name', title: texts.name, width: 'minmax(14rem, 3fr)', render: ({ Name: name }) => name },
    { key: 'kind', title: texts.kind, width: '8rem', render: ({ Kind: kind }) => kind },
    { key: 'owner', title: texts.owner, width: 'minmax(8rem, 1fr)', render: ({ Owner: owner }) => owner ?? '' },
    {
      key: 'size',
      title: texts.size,
      width: '9rem',
      render: ({ SizeBytes: size }) => (size === undefined ? '' : sizeText(size, language)),
    },
  ]
  return (
    <Stack gap="xs" component="section">
      <Title order={2} size="h4">
        {texts.databases}
      </Title>
      <DatabaseFilter search={search} onSearch={setSearch} system={system} onSystem={setSystem} />
      {databases.error !== undefined && <ErrorPanel error={databases.error} onAgain={databases.again} />}
      <DataTable
        label={texts.databases}
        columns={columns}
        rows={databases.rows}
        rowKey={keyOf}
        more={databases.hasMore}
        onSeen={databases.onSeen}
        height={320}
      />
    </Stack>
  )
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

function sizeText(bytes: number, language: string): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const unit = UNITS[power] ?? 'byte'
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: 1 })
  return format.format(bytes / 1000 ** power)
}
