import { Button, Group, NativeSelect, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import { useRead } from '../../api/use-api.ts'
import { usePages } from '../../api/use-pages.ts'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { SearchProgress } from '../../components/search-progress.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'
import { type Gateway, type GatewaysAnswer, LIST_GATEWAYS, STATUS_TONES, STATUSES } from './gateway-actions.ts'
import { GATEWAYS } from './gateways-texts.ts'

const POLL_MS = 2_000
const TYPED_MS = 200
const PAGE = 100
const HEIGHT = 560

const rowsOf = (answer: GatewaysAnswer) => answer.Gateways.Gateway
const keyOf = ({ BackupGatewayId: id }: Gateway) => String(id)

/** The gateways of the account; the server searches, and only those on the screen are asked for again. */
export function GatewayList() {
  const texts = useTexts(GATEWAYS)
  const { pages } = useTexts(SHELL)
  const [, navigate] = useLocation()
  const [asked, setAsked] = useSearchParams()
  const status = asked.get('status') ?? ''
  const [search, setSearch] = useState('')
  const [typed] = useDebouncedValue(search, TYPED_MS)
  const params = { NameContains: typed, BackupGatewayStatus: status, MaxResults: PAGE }
  const gateways = usePages(LIST_GATEWAYS, { params, rowsOf, keyOf, pollMs: POLL_MS })
  const first = useRead(LIST_GATEWAYS, { params })
  const total = first.data?.TotalCount
  const isFiltered = typed !== '' || status !== ''
  const columns = useColumns()
  return (
    <Stack>
      <PageTitle title={pages.gateways}>
        <Button component={Link} href="/gateways/enrol">
          {texts.enrol}
        </Button>
      </PageTitle>
      <Group align="end">
        <TextInput
          label={texts.search}
          type="search"
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
          maxLength={100}
        />
        <NativeSelect
          label={texts.status}
          value={status}
          onChange={({ currentTarget }) =>
            setAsked(currentTarget.value === '' ? {} : { status: currentTarget.value }, { replace: true })
          }
          data={[
            { value: '', label: texts.all },
            ...STATUSES.map((value) => ({ value, label: texts.statuses[value] ?? value })),
          ]}
        />
        <Text size="sm" c="dimmed" mih={22}>
          {total !== undefined && texts.inAll(total)}
        </Text>
      </Group>
      {gateways.error !== undefined && <ErrorPanel error={gateways.error} onAgain={gateways.again} />}
      {gateways.isLoading && gateways.error === undefined && <Skeleton height={HEIGHT} />}
      {!gateways.isLoading && gateways.rows.length === 0 && !gateways.hasMore && (
        <EmptyState what={isFiltered ? texts.noneFits : texts.none}>
          {isFiltered ? (
            <Button
              variant="default"
              onClick={() => {
                setSearch('')
                setAsked({}, { replace: true })
              }}
            >
              {texts.showAll}
            </Button>
          ) : (
            <Text>{texts.noneHelp}</Text>
          )}
        </EmptyState>
      )}
      {(gateways.rows.length > 0 || gateways.hasMore) && (
        <DataTable
          label={pages.gateways}
          columns={columns}
          rows={gateways.rows}
          rowKey={keyOf}
          more={gateways.hasMore}
          onSeen={gateways.onSeen}
          onOpen={({ BackupGatewayId: id }) => navigate(`/gateways/${id}`)}
          height={HEIGHT}
        />
      )}
      <SearchProgress search={gateways.search} onGoOn={gateways.goOn} />
    </Stack>
  )
}

function useColumns(): readonly Column<Gateway>[] {
  const texts = useTexts(GATEWAYS)
  return [
    { key: 'name', title: texts.name, render: ({ Name: name }) => name },
    {
      key: 'status',
      title: texts.status,
      width: '7.5rem',
      render: ({ BackupGatewayStatus: status }) => (
        <StatusBadge tone={STATUS_TONES[status] ?? 'quiet'}>{texts.statuses[status] ?? status}</StatusBadge>
      ),
    },
    {
      key: 'seen',
      title: texts.lastSeen,
      width: '8.5rem',
      render: ({ LastSeenAt: at }) => <RelativeTime at={at} />,
    },
    { key: 'version', title: texts.version, width: '5.5rem', render: ({ Version: version }) => version ?? '' },
    {
      key: 'roundTrip',
      title: texts.roundTrip,
      width: '7rem',
      render: ({ RoundTripMs: ms }) => (ms === undefined ? '' : texts.milliseconds(ms)),
    },
    {
      key: 'drift',
      title: texts.drift,
      width: '7rem',
      render: ({ ClockDriftMs: ms }) => (ms === undefined ? '' : texts.drifts(ms)),
    },
    { key: 'running', title: texts.running, width: '6rem', render: ({ RunningTasks: n }) => texts.orMore(n) },
    { key: 'queued', title: texts.queued, width: '6rem', render: ({ QueuedTasks: n }) => texts.orMore(n) },
    { key: 'region', title: texts.region, width: '6.5rem', render: ({ Region: region }) => region },
  ]
}
