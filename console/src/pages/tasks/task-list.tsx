import { Anchor, Button, Group, NativeSelect, Skeleton, Stack } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation, useSearchParams } from 'wouter'
import { ENGINES } from '../../api/engines.ts'
import { useRead } from '../../api/use-api.ts'
import { useGatewayNames } from '../../api/use-gateway-names.ts'
import { usePages } from '../../api/use-pages.ts'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { GatewaySelect } from '../../components/gateway-select.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { SearchProgress } from '../../components/search-progress.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'
import { endpointOf, LIST_TASKS, STATE_TONES, STATES, type Task } from './task-actions.ts'
import { TASKS } from './tasks-texts.ts'

const POLL_MS = 2_000
const PAGE = 100
const HEIGHT = 560

const rowsOf = (answer: { readonly Tasks: { readonly Task: readonly Task[] } }) => answer.Tasks.Task
const keyOf = ({ TaskId: id }: Task) => String(id)

/** Every task of the account, the newest first, as they come. The filters are in the address, so they can be linked to. */
export function TaskList() {
  const texts = useTexts(TASKS)
  const { pages } = useTexts(SHELL)
  const [, navigate] = useLocation()
  const [asked, setAsked] = useSearchParams()
  const filter = {
    TaskStatus: asked.get('state') ?? undefined,
    DatabaseType: asked.get('engine') ?? undefined,
    BackupGatewayId: asked.get('gateway') ?? undefined,
  }
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  const ofFilter = JSON.stringify(filter)
  // Who has scrolled down reads: what is above stays as it was then, and new tasks are only counted.
  const [read, setRead] = useState<{ readonly of: string; readonly before: string }>()
  const before = read?.of === ofFilter ? read.before : undefined
  const [shownFrom, setShownFrom] = useState(0)
  const params = { ...filter, MaxResults: PAGE }
  const tasks = usePages(LIST_TASKS, {
    params: { ...params, CreatedBefore: before },
    rowsOf,
    keyOf,
    pollMs: POLL_MS,
  })
  const gatewayNames = useGatewayNames(tasks.rows.map(({ BackupGatewayId: id }) => id))
  const newest = useRead(LIST_TASKS, { params, pollMs: POLL_MS, enabled: before !== undefined })
  const since = before === undefined ? Number.POSITIVE_INFINITY : Date.parse(before)
  const unseen = (newest.data?.Tasks.Task ?? []).filter(({ CreatedAt: at }) => Date.parse(at) >= since).length

  const set = (name: string, value: string | undefined) => {
    setAsked(
      (all) => {
        if (value === undefined || value === '') all.delete(name)
        else all.set(name, value)
        return all
      },
      { replace: true },
    )
  }
  const onSeen = (first: number, last: number) => {
    tasks.onSeen(first, last)
    const top = tasks.rows[0]
    if (first === 0) setRead(undefined)
    else if (before === undefined && top !== undefined)
      setRead({ of: ofFilter, before: new Date(Date.parse(top.CreatedAt) + 1).toISOString() })
  }

  const columns: readonly Column<Task>[] = [
    {
      key: 'state',
      title: texts.state,
      width: '8.75rem',
      render: ({ TaskStatus: state }) => <StatusBadge tone={STATE_TONES[state]}>{texts.states[state]}</StatusBadge>,
    },
    { key: 'engine', title: texts.engine, width: '7rem', render: ({ DatabaseType: engine }) => engine },
    { key: 'endpoint', title: texts.endpoint, render: endpointOf },
    {
      key: 'gateway',
      title: texts.gateway,
      width: '10rem',
      render: ({ BackupGatewayId: id }) => gatewayNames.get(String(id)) ?? id,
    },
    {
      key: 'created',
      title: texts.created,
      width: '9rem',
      render: ({ CreatedAt: at }) => <RelativeTime at={at} />,
    },
    { key: 'took', title: texts.took, width: '6rem', render: (task) => texts.milliseconds(tookMs(task)) },
    { key: 'failure', title: texts.failure, width: 'minmax(12rem, 2fr)', render: ({ Failure }) => Failure?.Code ?? '' },
  ]
  return (
    <Stack>
      <PageTitle title={pages.tasks} />
      <Group align="end">
        <NativeSelect
          label={texts.state}
          value={filter.TaskStatus ?? ''}
          onChange={({ currentTarget }) => set('state', currentTarget.value)}
          data={[
            { value: '', label: texts.all },
            { value: 'Queued,Running', label: texts.open },
            { value: 'Failed,TimedOut', label: texts.withoutList },
            ...STATES.map((value) => ({ value, label: texts.states[value] })),
          ]}
        />
        <NativeSelect
          label={texts.engine}
          value={filter.DatabaseType ?? ''}
          onChange={({ currentTarget }) => set('engine', currentTarget.value)}
          data={[{ value: '', label: texts.all }, ...ENGINES]}
        />
        <GatewaySelect
          label={texts.gateway}
          placeholder={texts.all}
          value={filter.BackupGatewayId}
          onChange={(id) => set('gateway', id)}
        />
        <Button
          variant="default"
          disabled={before === undefined}
          onClick={() => {
            setRead(undefined)
            setShownFrom(shownFrom + 1)
          }}
        >
          <span aria-live="polite">{unseen === 0 ? texts.toNewest : texts.unseen(unseen, unseen >= PAGE)}</span>
        </Button>
      </Group>
      {tasks.error !== undefined && <ErrorPanel error={tasks.error} onAgain={tasks.again} />}
      {tasks.isLoading && tasks.error === undefined && <Skeleton height={HEIGHT} />}
      {!tasks.isLoading && tasks.rows.length === 0 && !tasks.hasMore && (
        <EmptyState what={isFiltered ? texts.noneFits : texts.none}>
          {isFiltered ? (
            <Button variant="default" onClick={() => setAsked({}, { replace: true })}>
              {texts.noFilter}
            </Button>
          ) : (
            <Anchor component={Link} href="/discover">
              {texts.toDiscover}
            </Anchor>
          )}
        </EmptyState>
      )}
      {(tasks.rows.length > 0 || tasks.hasMore) && (
        <DataTable
          key={`${ofFilter} ${shownFrom}`}
          label={pages.tasks}
          columns={columns}
          rows={tasks.rows}
          rowKey={keyOf}
          more={tasks.hasMore}
          onSeen={onSeen}
          onOpen={({ TaskId: id }) => navigate(`/tasks/${id}`)}
          height={HEIGHT}
        />
      )}
      <SearchProgress search={tasks.search} onGoOn={tasks.goOn} />
    </Stack>
  )
}

/** Until now, of one that is open. */
function tookMs({ CreatedAt: from, EndedAt: to }: Task): number | undefined {
  return to === undefined ? undefined : Date.parse(to) - Date.parse(from)
}
