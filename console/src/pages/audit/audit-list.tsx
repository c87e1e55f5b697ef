import { Button, Group, NativeSelect, Skeleton, Stack, TextInput, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useId, useState } from 'react'
import { useSearchParams } from 'wouter'
import { usePages } from '../../api/use-pages.ts'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { ExactTime } from '../../components/exact-time.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { type AuditEvent, LIST_EVENTS } from './audit-actions.ts'
import { AUDIT } from './audit-texts.ts'
import { EntryDialog } from './entry-dialog.tsx'
import { Outcome } from './outcome.tsx'
import { usePrincipalNames } from './principal-names.ts'

const POLL_MS = 2_000
const PAUSE_MS = 300
const PAGE = 100
const HEIGHT = 560
const FILTERS = ['action', 'principal', 'outcome', 'from', 'to'] as const
type Filter = (typeof FILTERS)[number]

const rowsOf = (answer: { readonly Events: { readonly Event: readonly AuditEvent[] } }) => answer.Events.Event
const keyOf = ({ Sequence: seq }: AuditEvent) => String(seq)

/** Who did what, the newest first, as it happens. The filters are in the address, so they can be linked to. */
export function AuditList() {
  const texts = useTexts(AUDIT)
  const listId = useId()
  const [given, setGiven] = useSearchParams()
  const [opened, setOpened] = useState<AuditEvent>()
  const names = usePrincipalNames()
  const value = (name: Filter) => given.get(name) ?? ''
  const isFiltered = FILTERS.some((name) => value(name) !== '')
  const [params] = useDebouncedValue(
    {
      EventAction: value('action').trim(),
      EventPrincipal: value('principal').trim(),
      EventOutcome: value('outcome').trim(),
      StartTime: utcOf(value('from')),
      EndTime: utcOf(value('to')),
      MaxResults: PAGE,
    },
    PAUSE_MS,
  )
  const events = usePages(LIST_EVENTS, { params, rowsOf, keyOf, pollMs: POLL_MS })
  const set = (name: Filter, text: string) =>
    setGiven(
      (before) => {
        if (text === '') before.delete(name)
        else before.set(name, text)
        return before
      },
      { replace: true },
    )

  const columns: readonly Column<AuditEvent>[] = [
    { key: 'time', title: texts.time, width: '14rem', render: ({ Time: at }) => <ExactTime at={at} /> },
    {
      key: 'action',
      title: texts.action,
      width: 'minmax(14rem, 2fr)',
      render: ({ Action: action, Kind: kind }) => action ?? texts.kindOf(kind),
    },
    {
      key: 'principal',
      title: texts.principal,
      width: 'minmax(10rem, 1fr)',
      render: (event) => nameOf(event, names),
    },
    {
      key: 'outcome',
      title: texts.outcome,
      width: 'minmax(12rem, 1fr)',
      render: (event) => <Outcome event={event} />,
    },
    { key: 'address', title: texts.address, width: '10rem', render: ({ Address: address }) => address ?? '' },
  ]
  return (
    <Stack>
      <Title order={2} size="h4">
        {texts.whoDidWhat}
      </Title>
      <Group align="end">
        <TextInput
          label={texts.action}
          placeholder="CreateAccessKey"
          value={value('action')}
          onChange={({ currentTarget }) => set('action', currentTarget.value)}
          spellCheck={false}
          autoComplete="off"
        />
        <TextInput
          label={texts.principal}
          value={value('principal')}
          onChange={({ currentTarget }) => set('principal', currentTarget.value)}
          list={listId}
          spellCheck={false}
          autoComplete="off"
        />
        <datalist id={listId}>
          {[...names].map(([principal, name]) => (
            <option key={principal} value={principal}>
              {name}
            </option>
          ))}
        </datalist>
        <NativeSelect
          label={texts.outcome}
          value={value('outcome')}
          onChange={({ currentTarget }) => set('outcome', currentTarget.value)}
          data={[
            { value: '', label: texts.all },
            { value: 'OK', label: texts.done },
            { value: 'Error', label: texts.refused },
            { value: 'NoPermission', label: 'NoPermission' },
            { value: 'Request.Forbidden', label: 'Request.Forbidden' },
          ]}
        />
        <TextInput
          type="datetime-local"
          label={texts.from}
          value={value('from')}
          onChange={({ currentTarget }) => set('from', currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label={texts.to}
          value={value('to')}
          onChange={({ currentTarget }) => set('to', currentTarget.value)}
        />
        <Button variant="default" disabled={!isFiltered} onClick={() => setGiven({}, { replace: true })}>
          {texts.noFilter}
        </Button>
      </Group>
      {events.error !== undefined && <ErrorPanel error={events.error} onAgain={events.again} />}
      {events.isLoading && events.error === undefined && <Skeleton height={HEIGHT} />}
      {!events.isLoading && events.rows.length === 0 && !events.hasMore && (
        <EmptyState what={isFiltered ? texts.noneFits : texts.none}>
          {isFiltered ? texts.noneFitsHelp : texts.noneHelp}
        </EmptyState>
      )}
      {(events.rows.length > 0 || events.hasMore) && (
        <DataTable
          key={JSON.stringify(params)}
          label={texts.whoDidWhat}
          columns={columns}
          rows={events.rows}
          rowKey={keyOf}
          more={events.hasMore}
          onSeen={events.onSeen}
          onOpen={setOpened}
          height={HEIGHT}
        />
      )}
      <EntryDialog event={opened} names={names} onClose={() => setOpened(undefined)} />
    </Stack>
  )
}

/** Whom an entry is about: a caller, or a gateway. */
function nameOf(event: AuditEvent, names: ReadonlyMap<string, string>): string {
  const { Principal: principal, BackupGatewayId: gateway } = event
  if (principal !== undefined) return names.get(principal) ?? principal
  return gateway === undefined ? '' : String(gateway)
}

/** The field has the time of the browser's zone. Empty where it is not whole yet. */
function utcOf(local: string): string {
  const time = local === '' ? Number.NaN : new Date(local).getTime()
  return Number.isNaN(time) ? '' : `${new Date(time).toISOString().slice(0, 19)}Z`
}
