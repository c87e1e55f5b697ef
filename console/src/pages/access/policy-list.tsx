import { Button, Group, NativeSelect, Skeleton, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { type Policy, usePolicies } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'

const HEIGHT = 480

export function PolicyList() {
  const texts = useTexts(ACCESS)
  const [, navigate] = useLocation()
  const { policies, error, refetch } = usePolicies()
  const [search, setSearch] = useState('')
  const [type, setType] = useState('')
  const wanted = search.trim().toLowerCase()
  const rows = (policies ?? []).filter(
    (policy) =>
      (type === '' || policy.PolicyType === type) &&
      [policy.PolicyName, policy.Description].some((text) => text.toLowerCase().includes(wanted)),
  )
  const columns: readonly Column<Policy>[] = [
    { key: 'name', title: texts.policyName, width: 'minmax(16rem, 2fr)', render: ({ PolicyName: name }) => name },
    { key: 'type', title: texts.type, width: '8rem', render: ({ PolicyType: each }) => texts.types[each] },
    { key: 'users', title: texts.users, width: '7rem', render: ({ AttachmentCount: count }) => count },
    { key: 'for', title: texts.description, width: 'minmax(16rem, 3fr)', render: ({ Description: text }) => text },
  ]
  return (
    <Stack>
      <PageTitle title={texts.parts.policies}>
        <Button component={Link} href="/access/new-policy">
          {texts.newPolicy}
        </Button>
      </PageTitle>
      {error !== null && <ErrorPanel error={error} onAgain={() => void refetch()} />}
      {policies === undefined && error === null && <Skeleton height={HEIGHT} />}
      {policies !== undefined && (
        <>
          <Group align="end">
            <TextInput
              type="search"
              label={texts.search}
              value={search}
              onChange={({ currentTarget }) => setSearch(currentTarget.value)}
            />
            <NativeSelect
              label={texts.type}
              value={type}
              onChange={({ currentTarget }) => setType(currentTarget.value)}
              data={[
                { value: '', label: texts.all },
                { value: 'System', label: texts.types.System },
                { value: 'Custom', label: texts.types.Custom },
              ]}
            />
          </Group>
          <DataTable
            label={texts.parts.policies}
            columns={columns}
            rows={rows}
            rowKey={({ PolicyType: each, PolicyName: name }) => `${each}/${name}`}
            total={policies.length}
            onOpen={({ PolicyType: each, PolicyName: name }) => navigate(`/access/policies/${each}/${name}`)}
            height={HEIGHT}
          />
        </>
      )}
    </Stack>
  )
}
