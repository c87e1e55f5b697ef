import { Button, Code, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useChange, useRead } from '../../api/use-api.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { DownloadButton } from '../../components/download-button.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useSession } from '../../session/session.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { CREATE_KEY, DELETE_KEY, type Key, LIST_KEYS, UPDATE_KEY } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'

const CHANGES = { changes: ['ListAccessKeys'] }

/** The AccessKeys of a user; undefined: of whoever has signed in. */
export function KeyTable({ userName }: { readonly userName: string | undefined }) {
  const texts = useTexts(ACCESS)
  const { data, error, refetch } = useRead(LIST_KEYS, { params: { UserName: userName } })
  const create = useChange(CREATE_KEY, { ...CHANGES, keepsNothing: true })
  const made = create.data?.AccessKey
  return (
    <section aria-labelledby="keys">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4" id="keys">
            {texts.keys}
          </Title>
          <Button
            size="xs"
            loading={create.isPending}
            disabled={made !== undefined}
            onClick={() => create.mutate({ UserName: userName })}
          >
            {texts.makeKey}
          </Button>
        </Group>
        {create.error !== null && <ErrorPanel error={create.error} />}
        {made !== undefined && <NewSecret made={made} onKept={() => create.reset()} />}
        {error !== null && <ErrorPanel error={error} onAgain={() => void refetch()} />}
        {data === undefined && error === null && <Skeleton height={80} />}
        {data?.AccessKeys.AccessKey.length === 0 && <Text>{texts.noKeys}</Text>}
        <ul className="plain-list" aria-label={texts.keys}>
          {data?.AccessKeys.AccessKey.map((key) => (
            <OneKey key={key.AccessKeyId} found={key} userName={userName} />
          ))}
        </ul>
      </Stack>
    </section>
  )
}

/** The only place and time that a secret is shown. It takes the focus, so that nobody overlooks it. */
function NewSecret(props: {
  readonly made: { readonly AccessKeyId: string; readonly AccessKeySecret: string }
  readonly onKept: () => void
}) {
  const { made, onKept } = props
  const texts = useTexts(ACCESS)
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus(), [])
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="new-secret" className="doubtful">
      <Stack gap="sm">
        <Title order={3} size="h5" id="new-secret" tabIndex={-1} ref={title}>
          {texts.secretOnce}
        </Title>
        <Text size="sm">{texts.secretOnceHelp}</Text>
        <Text size="sm" className="any-text">
          AccessKey ID: <Code>{made.AccessKeyId}</Code>
        </Text>
        <Text size="sm" className="any-text">
          {texts.secret}: <Code>{made.AccessKeySecret}</Code>
        </Text>
        <Group gap="xs">
          <CopyButton text={made.AccessKeySecret} label={texts.copySecret} />
          <DownloadButton
            fileName={`${made.AccessKeyId}.json`}
            type="application/json"
            content={() => `${JSON.stringify(made, null, 2)}\n`}
            label={texts.downloadKey}
          />
          <Button size="xs" onClick={onKept}>
            {texts.secretKept}
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}

function OneKey({ found, userName }: { readonly found: Key; readonly userName: string | undefined }) {
  const texts = useTexts(ACCESS)
  const { accessKeyId } = useSession()
  const [asks, setAsks] = useState<'off' | 'delete'>()
  const update = useChange(UPDATE_KEY, CHANGES)
  const remove = useChange(DELETE_KEY, CHANGES)
  const { AccessKeyId: id, Status: status } = found
  const params = { UserName: userName, UserAccessKeyId: id }
  const isActive = status === 'Active'
  const isOwn = id === accessKeyId
  const close = () => {
    setAsks(undefined)
    update.reset()
    remove.reset()
  }
  return (
    <li>
      <Group gap="sm" role="group" aria-label={id}>
        <Code>{id}</Code>
        <StatusBadge tone={isActive ? 'good' : 'quiet'}>{isActive ? texts.active : texts.inactive}</StatusBadge>
        <Text size="sm" c="dimmed">
          {texts.made}: <RelativeTime at={found.CreateDate} />
        </Text>
        {isOwn && <Text size="sm">{texts.usedHere}</Text>}
        <Group gap="xs">
          {isActive ? (
            <Button size="xs" variant="default" onClick={() => setAsks('off')}>
              {texts.switchOff}
            </Button>
          ) : (
            <Button
              size="xs"
              variant="default"
              loading={update.isPending}
              onClick={() => update.mutate({ ...params, Status: 'Active' })}
            >
              {texts.switchOn}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={() => setAsks('delete')}>
            {texts.delete}
          </Button>
        </Group>
      </Group>
      {update.error !== null && asks === undefined && <ErrorPanel error={update.error} />}
      <ConfirmDialog
        title={texts.switchOffTitle(id)}
        action={texts.switchOff}
        isOpen={asks === 'off'}
        isBusy={update.isPending}
        error={update.error}
        onConfirm={() => update.mutate({ ...params, Status: 'Inactive' }, { onSuccess: close })}
        onClose={close}
      >
        <Text>{texts.switchOffHelp}</Text>
        {isOwn && <Text fw={600}>{texts.endsSession}</Text>}
      </ConfirmDialog>
      <ConfirmDialog
        title={texts.deleteKeyTitle(id)}
        action={texts.delete}
        isOpen={asks === 'delete'}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(params, { onSuccess: close })}
        onClose={close}
      >
        <Text>{texts.deleteKeyHelp}</Text>
        {isOwn && <Text fw={600}>{texts.endsSession}</Text>}
      </ConfirmDialog>
    </li>
  )
}
