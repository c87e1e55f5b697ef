import { Anchor, Button, Code, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useChange, useRead } from '../../api/use-api.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { ExactTime } from '../../components/exact-time.tsx'
import { Facts } from '../../components/facts.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { DELETE_GATEWAY, type Gateway, LIST_GATEWAYS, STATUS_TONES, UPDATE_GATEWAY } from './gateway-actions.ts'
import { GatewayHistory } from './gateway-history.tsx'
import { GATEWAYS } from './gateways-texts.ts'

const POLL_MS = 2_000
const MAX_NAME = 64

/** One gateway: how it is, how it was in the last hour, and its name. */
export function GatewayDetails({ id }: { readonly id: string }) {
  const texts = useTexts(GATEWAYS)
  const found = useRead(LIST_GATEWAYS, { params: { BackupGatewayId: id }, pollMs: POLL_MS })
  const gateway = found.data?.Gateways.Gateway[0]
  return (
    <Stack>
      <Anchor component={Link} href="/gateways">
        ← {texts.back}
      </Anchor>
      <PageTitle title={gateway?.Name ?? texts.gateway(id)}>
        {gateway !== undefined && <GatewayButtons gateway={gateway} />}
      </PageTitle>
      {found.error !== null && <ErrorPanel error={found.error} onAgain={() => void found.refetch()} />}
      {found.data === undefined && found.error === null && <Skeleton height={600} />}
      {found.data !== undefined && gateway === undefined && <EmptyState what={texts.notThere} />}
      {gateway !== undefined && <GatewayBody gateway={gateway} />}
    </Stack>
  )
}

function GatewayButtons({ gateway }: { readonly gateway: Gateway }) {
  const texts = useTexts(GATEWAYS)
  const [, navigate] = useLocation()
  const { BackupGatewayId, Name: name } = gateway
  const [asks, setAsks] = useState<'rename' | 'remove'>()
  const [typed, setTyped] = useState('')
  const changes = ['ListGateways']
  const rename = useChange(UPDATE_GATEWAY, { changes })
  const remove = useChange(DELETE_GATEWAY, { changes })
  const ask = (what: 'rename' | 'remove') => {
    setTyped(what === 'rename' ? name : '')
    rename.reset()
    remove.reset()
    setAsks(what)
  }
  const close = () => setAsks(undefined)
  return (
    <>
      <Button variant="default" onClick={() => ask('rename')}>
        {texts.rename}
      </Button>
      <Button color="red" variant="outline" className="dangerous" onClick={() => ask('remove')}>
        {texts.remove}
      </Button>
      <ConfirmDialog
        title={texts.renameTitle}
        action={texts.rename}
        tone="plain"
        isOpen={asks === 'rename'}
        isBusy={rename.isPending}
        error={rename.error}
        isReady={typed.trim() !== '' && typed.trim() !== name}
        onConfirm={() => rename.mutate({ BackupGatewayId, Name: typed.trim() }, { onSuccess: close })}
        onClose={close}
      >
        <TextInput
          label={texts.newName}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          maxLength={MAX_NAME}
          data-autofocus
        />
      </ConfirmDialog>
      <ConfirmDialog
        title={texts.removeTitle}
        action={texts.remove}
        isOpen={asks === 'remove'}
        isBusy={remove.isPending}
        error={remove.error}
        isReady={typed === name}
        onConfirm={() => remove.mutate({ BackupGatewayId }, { onSuccess: () => navigate('/gateways') })}
        onClose={close}
      >
        <Text>{texts.removeText}</Text>
        <TextInput
          label={texts.removeType(name)}
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
      </ConfirmDialog>
    </>
  )
}

function GatewayBody({ gateway }: { readonly gateway: Gateway }) {
  const texts = useTexts(GATEWAYS)
  const { BackupGatewayId: id, BackupGatewayStatus: status, RoundTripMs: rtt, ClockDriftMs: drift } = gateway
  return (
    <>
      <Group gap="sm" role="status">
        <StatusBadge tone={STATUS_TONES[status] ?? 'quiet'}>{texts.statuses[status] ?? status}</StatusBadge>
        <Text>{texts.statusHelp[status]}</Text>
      </Group>
      <div className="two-columns">
        <section>
          <Title order={2} size="h4">
            {texts.facts}
          </Title>
          <Facts
            facts={[
              ['ID', id],
              [texts.region, gateway.Region],
              [texts.lastSeen, <RelativeTime key="seen" at={gateway.LastSeenAt} />],
              [texts.roundTrip, rtt === undefined ? undefined : texts.milliseconds(rtt)],
              [texts.drift, drift === undefined ? undefined : texts.drifts(drift)],
              [texts.running, texts.orMore(gateway.RunningTasks)],
              [texts.queued, texts.orMore(gateway.QueuedTasks)],
              [texts.version, gateway.Version],
              [texts.hostname, gateway.Hostname],
              [texts.address, gateway.Address],
              [texts.localAddress, gateway.LocalAddress],
              [texts.enrolled, <ExactTime key="enrolled" at={gateway.CreatedAt} />],
            ]}
          />
          <Text mt="sm">{texts.fingerprint}</Text>
          <Code block className="command" my="xs" tabIndex={0}>
            sha256:{gateway.KeyFingerprint}
          </Code>
          <Group>
            <CopyButton text={`sha256:${gateway.KeyFingerprint}`} label={texts.copyFingerprint} />
            <Anchor component={Link} href={`/tasks?gateway=${id}`}>
              {texts.tasks}
            </Anchor>
          </Group>
        </section>
        <section>
          <Title order={2} size="h4">
            {texts.history}
          </Title>
          <GatewayHistory id={id} />
        </section>
      </div>
    </>
  )
}
