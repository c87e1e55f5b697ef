import { Anchor, Button, NativeSelect, Paper, SimpleGrid, Skeleton, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { ENGINE_PORTS, ENGINES, isEngine } from '../../api/engines.ts'
import { CREATE_TASK } from '../../api/tasks.ts'
import { useChange, useRead } from '../../api/use-api.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { GatewaySelect } from '../../components/gateway-select.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { GATEWAYS } from './discover-actions.ts'
import { DISCOVER } from './discover-texts.ts'

const MOST_GATEWAYS = 100
const POLL_MS = 5_000
const FORM_PX = 248
/** The fields of a row stand at one height, however long their help is. */
const BELOW: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error']

export function AskForm() {
  const texts = useTexts(DISCOVER)
  const [, navigate] = useLocation()
  const gateways = useRead(GATEWAYS, { params: { PageSize: MOST_GATEWAYS }, pollMs: POLL_MS })
  const create = useChange(CREATE_TASK, { changes: ['ListTasks'] })
  const [chosen, setChosen] = useState<string>()
  const [engine, setEngine] = useState<string>('MySQL')
  const [host, setHost] = useState('')
  const [port, setPort] = useState('')

  if (gateways.data === undefined) {
    if (gateways.error !== null) return <ErrorPanel error={gateways.error} onAgain={() => void gateways.refetch()} />
    return <Skeleton height={FORM_PX} />
  }
  const { TotalElements: total, Items: items } = gateways.data
  if (total === 0) {
    return (
      <EmptyState what={texts.noGateway}>
        <Text>{texts.noGatewayHelp}</Text>
        <Anchor component={Link} href="/gateways">
          {texts.enrol}
        </Anchor>
      </EmptyState>
    )
  }
  // Those that can do it first.
  const sorted = items.BackupGateway.toSorted((a, b) => rank(a.BackupGatewayStatus) - rank(b.BackupGatewayStatus))
  const gateway = chosen ?? sorted[0]?.BackupGatewayId
  const wrongPort = port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)
  const usual = isEngine(engine) ? ENGINE_PORTS[engine] : undefined

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (wrongPort) return
    const params = {
      BackupGatewayId: gateway,
      DatabaseType: engine,
      SourceEndpointIP: host.trim(),
      SourceEndpointPort: port,
      ClientToken: crypto.randomUUID(),
    }
    create.mutate(params, { onSuccess: ({ TaskId }) => navigate(`/discover/${TaskId}`) })
  }
  return (
    <Paper withBorder p="md" mih={FORM_PX}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {total > MOST_GATEWAYS ? (
              <GatewaySelect
                label={texts.gateway}
                placeholder={texts.gatewayName}
                value={gateway}
                onChange={setChosen}
                fallback={
                  <TextInput
                    label={texts.gatewayId}
                    value={gateway ?? ''}
                    onChange={({ currentTarget }) => setChosen(currentTarget.value.trim())}
                    inputMode="numeric"
                    maxLength={16}
                  />
                }
              />
            ) : (
              <NativeSelect
                label={texts.gateway}
                value={gateway ?? ''}
                onChange={({ currentTarget }) => setChosen(currentTarget.value)}
                data={sorted.map(({ BackupGatewayId, DisplayName, BackupGatewayStatus }) => ({
                  value: BackupGatewayId,
                  label: `${DisplayName} (${BackupGatewayStatus}, ${BackupGatewayId})`,
                }))}
              />
            )}
            <NativeSelect
              label={texts.engine}
              value={engine}
              onChange={({ currentTarget }) => setEngine(currentTarget.value)}
              data={ENGINES}
            />
            <TextInput
              label={texts.host}
              description={texts.hostHelp}
              inputWrapperOrder={BELOW}
              value={host}
              onChange={({ currentTarget }) => setHost(currentTarget.value)}
              maxLength={253}
              spellCheck={false}
              autoCapitalize="none"
            />
            <TextInput
              label={texts.port}
              description={usual === undefined ? undefined : texts.portHelp(usual)}
              inputWrapperOrder={BELOW}
              value={port}
              onChange={({ currentTarget }) => setPort(currentTarget.value.trim())}
              inputMode="numeric"
              error={wrongPort ? texts.portError : undefined}
            />
          </SimpleGrid>
          <Button type="submit" loading={create.isPending} style={{ alignSelf: 'start' }}>
            {texts.list}
          </Button>
          {create.error !== null && <ErrorPanel error={create.error} />}
        </Stack>
      </form>
    </Paper>
  )
}

const rank = (status: string) => (status === 'ONLINE' ? 0 : 1)
