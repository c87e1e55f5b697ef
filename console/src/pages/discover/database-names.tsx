import { Group, Skeleton, Stack, Title } from '@mantine/core'
import { useDeferredValue, useMemo, useState } from 'react'
import { useRead } from '../../api/use-api.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { csvOf } from '../../components/csv.ts'
import { DatabaseFilter } from '../../components/database-filter.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { DownloadButton } from '../../components/download-button.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { NAMES } from './discover-actions.ts'
import { DISCOVER } from './discover-texts.ts'

const LIST_PX = 480

/** The list of an ended task: searched here, since all of it is here. */
export function DatabaseNames({ id }: { readonly id: string }) {
  const texts = useTexts(DISCOVER)
  const [system, setSystem] = useState(false)
  const [search, setSearch] = useState('')
  const wanted = useDeferredValue(search).toLowerCase()
  const params = { TaskId: id, ...(system && { IncludeSystemDatabases: true }) }
  const { data, error, refetch } = useRead(NAMES, { params })
  const names = data?.DbList.dbName
  const lower = useMemo(() => names?.map((name) => name.toLowerCase()), [names])
  const shown = useMemo(
    () => (wanted === '' ? names : names?.filter((_, index) => lower?.[index]?.includes(wanted))),
    [names, lower, wanted],
  )
  if (names === undefined || shown === undefined) {
    return error === null ? <Skeleton height={LIST_PX} /> : <ErrorPanel error={error} onAgain={() => void refetch()} />
  }
  const file = `databases-${id}`
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="end">
        <Title order={3} size="h4">
          {texts.databases}
        </Title>
        <Group gap="xs">
          <CopyButton text={() => names.join('\n')} label={texts.copyNames} />
          <DownloadButton
            fileName={`${file}.json`}
            type="application/json"
            content={() => `${JSON.stringify(names, undefined, 2)}\n`}
            label={texts.json}
          />
          <DownloadButton
            fileName={`${file}.csv`}
            type="text/csv"
            content={() => csvOf([[texts.name], ...names.map((name) => [name])])}
            label={texts.csv}
          />
        </Group>
      </Group>
      <DatabaseFilter search={search} onSearch={setSearch} system={system} onSystem={setSystem} />
      {names.length === 0 ? (
        <EmptyState what={texts.noDatabases} />
      ) : (
        <DataTable
          label={texts.databases}
          columns={[{ key: 'name', title: texts.name, width: '1fr', render: (name: string) => name }]}
          rows={shown}
          rowKey={(name) => name}
          total={names.length}
          height={LIST_PX}
        />
      )}
    </Stack>
  )
}
