import { Alert, Anchor, Button, Checkbox, Group, NativeSelect, Paper, Stack, Text, TextInput } from '@mantine/core'
import { useId, useState } from 'react'
import { Link, useSearchParams } from 'wouter'
import type { Params } from '../../api/client.ts'
import { useRead } from '../../api/use-api.ts'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useSession } from '../../session/session.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { type Decision, TEST_POLICY, useUsers, type Verdict } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'
import { usePolicyCheck } from './policy-check.ts'
import { PolicyEditor, prettyJson } from './policy-editor.tsx'
import { FIRST_POLICY } from './first-policy.ts'
import { ACTIONS, firstResource } from './tested-actions.ts'

const KEYS = [
  'acs:SourceIp',
  'acs:SecureTransport',
  'acs:CurrentTime',
  'postern:BackupGatewayId',
  'postern:DatabaseType',
  'postern:SourceEndpoint',
] as const
const EXAMPLES: Readonly<Record<(typeof KEYS)[number], string>> = {
  'acs:SourceIp': '10.0.0.7',
  'acs:SecureTransport': 'true',
  'acs:CurrentTime': '2026-01-31T08:30:00Z',
  'postern:BackupGatewayId': '528104736915240',
  'postern:DatabaseType': 'MySQL',
  'postern:SourceEndpoint': '10.0.0.12:3306',
}

/** May somebody do something? The server decides as it would; nothing is done. */
export function PolicyTester() {
  const texts = useTexts(ACCESS)
  const { identity } = useSession()
  const users = useUsers()
  const listId = useId()
  const [given] = useSearchParams()
  const [who, setWho] = useState(given.has('user') ? `user:${given.get('user')}` : 'root')
  const [keyId, setKeyId] = useState('')
  const [action, setAction] = useState<string>(ACTIONS[0])
  const [resource, setResource] = useState<string>()
  const [unknownParts, setUnknownParts] = useState(false)
  const [conditions, setConditions] = useState<Readonly<Record<string, string>>>({})
  const [withPolicy, setWithPolicy] = useState(false)
  const [policy, setPolicy] = useState(FIRST_POLICY)
  const check = usePolicyCheck(withPolicy || who === 'policy' ? policy : '')
  const [asked, setAsked] = useState<Params>()
  const test = useRead(TEST_POLICY, { params: asked ?? {}, enabled: asked !== undefined })
  const shownResource = resource ?? firstResource(action, identity.AccountId)
  const known = Object.entries(conditions).filter(([, value]) => value.trim() !== '')
  const names = (users.data?.Users.User ?? []).map(({ UserName: name }) => name)
  const wanted = given.get('user')
  const listed = wanted === null || names.includes(wanted) ? names : [wanted, ...names]

  const submit = () => {
    const question = {
      UserName: who.startsWith('user:') ? who.slice('user:'.length) : undefined,
      UserAccessKeyId: who === 'key' ? keyId.trim() : undefined,
      PolicyDocument: who === 'policy' || (withPolicy && who !== 'root') ? policy : undefined,
      RequestedAction: action.trim(),
      Resource: shownResource.trim(),
      UnknownParts: unknownParts,
      Conditions: known.length === 0 ? undefined : JSON.stringify(Object.fromEntries(known)),
    }
    if (JSON.stringify(question) === JSON.stringify(asked)) void test.refetch()
    setAsked(question)
  }

  return (
    <Stack maw={900}>
      <PageTitle title={texts.parts.tester} />
      <Text>{texts.testerHelp}</Text>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Stack>
          <NativeSelect
            label={texts.who}
            value={who}
            onChange={({ currentTarget }) => setWho(currentTarget.value)}
            data={[
              { value: 'root', label: texts.root },
              ...listed.map((name) => ({ value: `user:${name}`, label: texts.user(name) })),
              { value: 'key', label: texts.aKey },
              { value: 'policy', label: texts.policyAlone },
            ]}
          />
          {who === 'key' && (
            <TextInput
              label="AccessKey ID"
              value={keyId}
              onChange={({ currentTarget }) => setKeyId(currentTarget.value)}
              required
              maxLength={128}
              autoComplete="off"
              spellCheck={false}
            />
          )}
          <TextInput
            label={texts.action}
            description={texts.actionHelp}
            value={action}
            onChange={({ currentTarget }) => setAction(currentTarget.value)}
            required
            list={listId}
            spellCheck={false}
            autoComplete="off"
          />
          <datalist id={listId}>
            {ACTIONS.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
          <TextInput
            label={texts.resource}
            description={texts.resourceHelp}
            value={shownResource}
            onChange={({ currentTarget }) => setResource(currentTarget.value)}
            required
            maxLength={1_024}
            spellCheck={false}
            autoComplete="off"
          />
          <details>
            <summary>{texts.more}</summary>
            <Stack mt="sm">
              <Checkbox
                label={texts.unknownParts}
                checked={unknownParts}
                onChange={({ currentTarget }) => setUnknownParts(currentTarget.checked)}
              />
              <Text size="sm">{texts.conditionsHelp}</Text>
              <div className="two-columns">
                {KEYS.map((key) => (
                  <TextInput
                    key={key}
                    label={key}
                    placeholder={EXAMPLES[key]}
                    value={conditions[key] ?? ''}
                    onChange={({ currentTarget }) => setConditions({ ...conditions, [key]: currentTarget.value })}
                    autoComplete="off"
                    spellCheck={false}
                  />
                ))}
              </div>
            </Stack>
          </details>
          {who !== 'root' && who !== 'policy' && (
            <Checkbox
              label={texts.withPolicy}
              checked={withPolicy}
              onChange={({ currentTarget }) => setWithPolicy(currentTarget.checked)}
            />
          )}
          {(who === 'policy' || (withPolicy && who !== 'root')) && (
            <PolicyEditor label={texts.policyText} text={policy} check={check} onChange={setPolicy} />
          )}
          <Group>
            <Button type="submit" loading={test.isFetching}>
              {texts.ask}
            </Button>
          </Group>
        </Stack>
      </form>
      <div aria-live="polite">
        {asked !== undefined && test.error !== null && <ErrorPanel error={test.error} />}
        {asked !== undefined && test.error === null && test.data !== undefined && !test.isPlaceholderData && (
          <Answer verdict={test.data} />
        )}
      </div>
    </Stack>
  )
}

function Answer({ verdict }: { readonly verdict: Verdict }) {
  const texts = useTexts(ACCESS)
  const isAllowed = verdict.Result === 'Allow'
  const decisions = verdict.Decisions.Decision
  return (
    <Paper withBorder p="md" component="section" aria-label={texts.answer}>
      <Stack>
        <Group gap="sm">
          <StatusBadge tone={isAllowed ? 'good' : 'bad'}>{isAllowed ? texts.allowed : texts.denied}</StatusBadge>
          <Text fw={600}>{texts.reasons[verdict.Reason]}</Text>
        </Group>
        {decisions.map((decision) => (
          <OneDecision key={decision.Layer} decision={decision} showLayer={decisions.length > 1} />
        ))}
      </Stack>
    </Paper>
  )
}

function OneDecision({ decision, showLayer }: { readonly decision: Decision; readonly showLayer: boolean }) {
  const texts = useTexts(ACCESS)
  const { Layer: layer, PolicyType: type, PolicyName: name = '', Statement: statement, StatementText: text } = decision
  const linked = layer === 'Policies' && (type === 'System' || type === 'Custom') && name !== 'Everything'
  return (
    <div>
      {showLayer && (
        <Text fw={600}>
          {texts.layers[layer]}: {texts.results[decision.Result]}
        </Text>
      )}
      {statement === undefined ? (
        <Text>{texts.noStatement}</Text>
      ) : (
        <>
          <Text className="any-text">
            {texts.decidedBy(statement + 1)}{' '}
            {linked ? (
              <Anchor component={Link} href={`/access/policies/${type}/${name}`}>
                {name}
              </Anchor>
            ) : type === 'Given' ? (
              texts.givenPolicy
            ) : name === 'Everything' ? (
              texts.rightsOfRoot
            ) : (
              name
            )}
          </Text>
          {text !== undefined && (
            <Alert p="xs" mt="xs" color="gray">
              <pre className="statement" tabIndex={0}>
                {prettyJson(text) ?? text}
              </pre>
            </Alert>
          )}
        </>
      )}
    </div>
  )
}
