import { Anchor, Code, Modal, Stack } from '@mantine/core'
import { Link } from 'wouter'
import { CopyButton } from '../../components/copy-button.tsx'
import { ExactTime } from '../../components/exact-time.tsx'
import { Facts } from '../../components/facts.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'
import type { AuditEvent } from './audit-actions.ts'
import { AUDIT } from './audit-texts.ts'
import { Outcome } from './outcome.tsx'

interface EntryProps {
  readonly event: AuditEvent | undefined
  readonly names: ReadonlyMap<string, string>
  readonly onClose: () => void
}

/** All that an entry of the trail says. The focus goes in and back to the list; Escape closes. */
export function EntryDialog({ event, names, onClose }: EntryProps) {
  const texts = useTexts(AUDIT)
  const { close } = useTexts(SHELL)
  return (
    <Modal
      opened={event !== undefined}
      onClose={onClose}
      title={event && texts.entryTitle(event.Sequence)}
      size="lg"
      closeButtonProps={{ 'aria-label': close }}
      transitionProps={{ duration: 0 }}
    >
      {event !== undefined && <Entry event={event} names={names} />}
    </Modal>
  )
}

function Entry({ event, names }: Omit<EntryProps, 'onClose' | 'event'> & { readonly event: AuditEvent }) {
  const texts = useTexts(AUDIT)
  const { Principal: principal, Outcome: outcome } = event
  const name = principal === undefined ? undefined : names.get(principal)
  return (
    <Stack>
      <Facts
        facts={[
          [texts.time, <ExactTime key="time" at={event.Time} />],
          [texts.kind, texts.kindOf(event.Kind)],
          [texts.action, event.Action],
          [texts.version, event.Version],
          [
            texts.outcome,
            outcome === undefined || outcome === 'OK' ? (
              <Outcome key="outcome" event={event} />
            ) : (
              <Anchor key="outcome" component={Link} href={`/errors/${encodeURIComponent(outcome)}`}>
                {outcome}
              </Anchor>
            ),
          ],
          [texts.denied, event.Denied === true ? texts.yes : undefined],
          [texts.httpStatus, event.HttpStatus],
          [texts.principal, name === undefined || name === principal ? principal : `${name} (${principal})`],
          ['AccessKey ID', event.AccessKeyId],
          [texts.gateway, event.BackupGatewayId],
          [texts.fingerprint, event.KeyFingerprint],
          [texts.address, event.Address],
          [texts.resource, event.Resource],
          ...event.Objects.Object.map(({ Name, Value }) => [Name, <Code key={Name}>{Value}</Code>] as const),
          ['RequestId', event.EventRequestId],
          [texts.took, event.DurationMs === undefined ? undefined : texts.milliseconds(event.DurationMs)],
        ]}
      />
      <CopyButton text={() => JSON.stringify(event, null, 2)} label={texts.copyEntry} />
    </Stack>
  )
}
