import { Alert, Anchor, Button, Code, Group, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useRef, useState } from 'react'
import { Link } from 'wouter'
import type * as z from 'zod/mini'
import { useChange, useRead } from '../../api/use-api.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { CREATE_ENROLMENT, LIST_ENROLMENTS, LIST_GATEWAYS } from './gateway-actions.ts'
import { GATEWAYS } from './gateways-texts.ts'
import { OpenEnrolments } from './open-enrolments.tsx'

const POLL_MS = 1_000
/** The one that is watched was the newest when it was made, and is among so many for as long as anybody watches. */
const WATCHED = 100
const MAX_NAME = 64

type Made = z.infer<typeof CREATE_ENROLMENT.answer>

/** Makes a token, shows the command with it once, and watches the gateway come online. */
export function EnrolGateway() {
  const texts = useTexts(GATEWAYS)
  const [name, setName] = useState('')
  const [region, setRegion] = useState('default')
  // It is in no cache: when the page is left, the token is gone.
  const [made, setMade] = useState<Made>()
  const create = useChange(CREATE_ENROLMENT, { changes: ['ListGatewayEnrollments'] })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (create.isPending) return
    create.mutate(
      { Name: name.trim(), Region: region.trim() },
      {
        onSuccess: (answer) => {
          setMade(answer)
          create.reset()
        },
      },
    )
  }
  return (
    <Stack>
      <Anchor component={Link} href="/gateways">
        ← {texts.back}
      </Anchor>
      <PageTitle title={texts.enrol} />
      <Text>{texts.enrolment.intro}</Text>
      {made === undefined ? (
        <form onSubmit={submit}>
          <Stack align="start" maw={480}>
            <TextInput
              label={texts.enrolment.name}
              placeholder={texts.enrolment.namePlaceholder}
              value={name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
              maxLength={MAX_NAME}
              w="100%"
            />
            <TextInput
              label={texts.enrolment.region}
              description={texts.enrolment.regionHelp}
              value={region}
              onChange={({ currentTarget }) => setRegion(currentTarget.value)}
              maxLength={63}
              w="100%"
            />
            <Button type="submit" loading={create.isPending}>
              {texts.enrolment.make}
            </Button>
          </Stack>
        </form>
      ) : (
        <Command made={made} onAnother={() => setMade(undefined)} />
      )}
      {create.error !== null && <ErrorPanel error={create.error} />}
      <OpenEnrolments />
    </Stack>
  )
}

function Command({ made, onAnother }: { readonly made: Made; readonly onAnother: () => void }) {
  const { enrolment: texts } = useTexts(GATEWAYS)
  const command = commandOf(made.EnrollmentToken)
  return (
    <Stack>
      <Text>{texts.command}</Text>
      <Code block className="command" tabIndex={0}>
        {command}
      </Code>
      <Group>
        <CopyButton text={command} label={texts.copyCommand} />
        <Button size="xs" variant="default" onClick={onAnother}>
          {texts.another}
        </Button>
      </Group>
      <Text>
        {texts.once} <RelativeTime at={made.ExpiresAt} />
      </Text>
      <Text size="sm">{texts.needs}</Text>
      {isLoopback(location.hostname) && <Text size="sm">{texts.loopback}</Text>}
      <Watch id={made.EnrollmentId} />
    </Stack>
  )
}

function Watch({ id }: { readonly id: string }) {
  const { enrolment: texts } = useTexts(GATEWAYS)
  const enrolments = useRead(LIST_ENROLMENTS, {
    params: { MaxResults: WATCHED },
    pollMs: (answer) =>
      isOver(answer?.Enrollments.Enrollment.find((each) => each.EnrollmentId === id)) ? false : POLL_MS,
  })
  const enrolment = enrolments.data?.Enrollments.Enrollment.find((each) => each.EnrollmentId === id)
  const gatewayId = enrolment?.BackupGatewayId
  const gateways = useRead(LIST_GATEWAYS, {
    params: { BackupGatewayId: gatewayId },
    pollMs: POLL_MS,
    enabled: gatewayId !== undefined,
  })
  const isOnline = gateways.data?.Gateways.Gateway.some(
    (each) => each.BackupGatewayId === gatewayId && each.BackupGatewayStatus === 'ONLINE',
  )
  const wasThere = useRef(false)
  wasThere.current ||= enrolment !== undefined
  const isGone = wasThere.current && enrolment?.Status !== 'Open'
  const error = enrolments.error ?? gateways.error
  return (
    <>
      <Alert color={isOnline ? 'green' : 'blue'} role="status">
        <Text fw={600}>
          {gatewayId === undefined
            ? isGone
              ? texts.steps.gone
              : texts.steps.waiting
            : isOnline
              ? texts.steps.online(gatewayId)
              : texts.steps.enrolled(gatewayId)}
        </Text>
        {gatewayId !== undefined && (
          <Anchor component={Link} href={`/gateways/${gatewayId}`}>
            {texts.show}
          </Anchor>
        )}
      </Alert>
      {error !== null && <ErrorPanel error={error} />}
    </>
  )
}

const isOver = (enrolment: { readonly Status: string } | undefined) =>
  enrolment !== undefined && enrolment.Status !== 'Open'

/** In front of the command it is in the environment of that command alone, and not in the list of processes. */
function commandOf(token: string): string {
  const enrol = `postern gateway enroll --server ${location.origin} --data ./gateway-data`
  return `POSTERN_ENROLLMENT_TOKEN=${token} ${enrol} && postern gateway run --data ./gateway-data --config gateway.yaml`
}

const isLoopback = (host: string) => host === 'localhost' || host === '[::1]' || host.startsWith('127.')
