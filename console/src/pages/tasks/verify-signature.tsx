import { Alert, Button, Code, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { ApiError } from '../../api/api-error.ts'
import type { ApiClient } from '../../api/client.ts'
import { isOpen } from '../../api/tasks.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useSession } from '../../session/session.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { assertEd25519, checkEvidence, compareShown, fetchEvidence, type Verification } from './signed-result.ts'
import type { TaskDetails } from './task-actions.ts'
import { TASKS } from './tasks-texts.ts'

type Verdict =
  | { readonly kind: 'unsupported' | 'unsigned' }
  | { readonly kind: 'checked'; readonly verification: Verification; readonly byGateway: boolean }

/** Proves in the browser that the result is what the gateway signed, or says how to prove it elsewhere. */
export function VerifySignature({ task }: { readonly task: TaskDetails }) {
  const { verify: texts } = useTexts(TASKS)
  const { client } = useSession()
  const [typed, setTyped] = useState('')
  const [busy, setBusy] = useState(false)
  const [verdict, setVerdict] = useState<Verdict>()
  const [error, setError] = useState<ApiError>()
  const id = String(task.TaskId)
  const expected = fingerprintsOf(typed)
  const serverVerdict = task.ResultSignature

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (expected === undefined || busy) return
    setBusy(true)
    setError(undefined)
    setVerdict(undefined)
    try {
      setVerdict(await verify(client, id, expected))
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause
      setError(cause)
    } finally {
      setBusy(false)
    }
  }
  const command = commandOf(id, expected ?? [])
  return (
    <section>
      <Title order={2} size="h4">
        {texts.title}
      </Title>
      {isOpen(task) ? (
        <Text>{texts.notYet}</Text>
      ) : (
        <Stack>
          <Text>{texts.intro}</Text>
          <form onSubmit={(event) => void submit(event)}>
            <Stack gap="sm" align="start">
              <TextInput
                label={texts.fingerprint}
                description={texts.fingerprintHelp}
                value={typed}
                onChange={({ currentTarget }) => {
                  setTyped(currentTarget.value)
                  // What was found was found with another one.
                  setVerdict(undefined)
                }}
                error={expected === undefined ? texts.fingerprintWrong : undefined}
                maxLength={1_200}
                w="100%"
                autoComplete="off"
                spellCheck={false}
              />
              <Button type="submit" loading={busy} disabled={expected === undefined}>
                {texts.run}
              </Button>
            </Stack>
          </form>
          {error !== undefined && <ErrorPanel error={error} />}
          <div role="status">{verdict !== undefined && <VerdictPanel verdict={verdict} />}</div>
          {serverVerdict !== undefined && (
            <Text>
              {texts.serverVerdict}: {texts.verdicts[serverVerdict] ?? serverVerdict}
            </Text>
          )}
          <Text>{texts.command}</Text>
          <Group align="center" className="command-row">
            <Code block tabIndex={0} className="command">
              {command}
            </Code>
            <CopyButton text={command} label={texts.copyCommand} />
          </Group>
        </Stack>
      )}
    </section>
  )
}

async function verify(client: ApiClient, id: string, expected: readonly string[]): Promise<Verdict> {
  try {
    await assertEd25519()
  } catch {
    return { kind: 'unsupported' }
  }
  const evidence = await fetchEvidence(client, id)
  if (evidence === undefined) return { kind: 'unsigned' }
  const { key, checks } = await checkEvidence(evidence, expected)
  const shown = await compareShown(client, evidence)
  return { kind: 'checked', verification: { key, checks: [...checks, shown] }, byGateway: expected.length > 0 }
}

function VerdictPanel({ verdict }: { readonly verdict: Verdict }) {
  const { verify: texts } = useTexts(TASKS)
  if (verdict.kind !== 'checked') {
    return <Alert color="yellow">{verdict.kind === 'unsigned' ? texts.unsigned : texts.unsupported}</Alert>
  }
  const { key, checks } = verdict.verification
  const isRight = checks.every(({ ok }) => ok !== false)
  return (
    <Alert color={isRight ? 'green' : 'red'} title={isRight ? texts.verified : texts.notVerified}>
      <ul className="plain-list">
        {checks.map(({ name, ok }) => (
          <li key={name}>
            <StatusBadge tone={ok === undefined ? 'quiet' : ok ? 'good' : 'bad'}>
              {ok === undefined ? texts.results.open : ok ? texts.results.right : texts.results.wrong}
            </StatusBadge>{' '}
            {texts.checks[name]}
          </li>
        ))}
      </ul>
      {key !== undefined && <Code className="any-text">sha256:{key}</Code>}
      <Text mt="xs">{verdict.byGateway ? texts.withGateway : texts.onlyServer}</Text>
    </Alert>
  )
}

/** Undefined where one of them is none. */
function fingerprintsOf(text: string): readonly string[] | undefined {
  if (text.trim() === '') return []
  const all = text.split(',', 16).map((each) =>
    each
      .trim()
      .replace(/^sha256:/i, '')
      .toLowerCase(),
  )
  return all.every((each) => /^[0-9a-f]{64}$/.test(each)) ? all : undefined
}

function commandOf(id: string, expected: readonly string[]): string {
  const fingerprints = expected.map((each) => `sha256:${each}`).join(',')
  const known = expected.length === 0 ? '' : ` --gateway-fingerprint ${fingerprints}`
  return `postern task verify ${id} --endpoint ${location.origin}${known}`
}
