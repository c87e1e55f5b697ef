import { Anchor, Button, Group, NativeSelect, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { Link } from 'wouter'
import { useChange, useRead } from '../../api/use-api.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { ATTACH_POLICY, DETACH_POLICY, LIST_POLICIES_OF_USER, type PolicyType, usePolicies } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'

interface Named {
  readonly PolicyType: PolicyType
  readonly PolicyName: string
}

const CHANGES = { changes: ['ListPoliciesForUser', 'ListPolicies', 'GetPolicy'] }
const nameOf = ({ PolicyType: type, PolicyName: name }: Named) => `${type}/${name}`

/** What a user has, and what there is besides. */
export function UserPolicies({ userName }: { readonly userName: string }) {
  const texts = useTexts(ACCESS)
  const { data, error, refetch } = useRead(LIST_POLICIES_OF_USER, { params: { UserName: userName } })
  const all = usePolicies()
  const [chosen, setChosen] = useState('')
  const [detaches, setDetaches] = useState<Named>()
  const attach = useChange(ATTACH_POLICY, CHANGES)
  const detach = useChange(DETACH_POLICY, CHANGES)
  const has = data?.Policies.Policy ?? []
  const others = (all.policies ?? []).filter((policy) => !has.some((each) => nameOf(each) === nameOf(policy)))
  const wanted = others.find((policy) => nameOf(policy) === chosen)
  const close = () => {
    setDetaches(undefined)
    detach.reset()
  }
  return (
    <section aria-labelledby="user-policies">
      <Stack gap="sm">
        <Title order={2} size="h4" id="user-policies">
          {texts.policiesOfUser}
        </Title>
        {error !== null && <ErrorPanel error={error} onAgain={() => void refetch()} />}
        {data === undefined && error === null && <Skeleton height={80} />}
        {data !== undefined && has.length === 0 && <Text>{texts.noPoliciesOfUser}</Text>}
        <ul className="plain-list" aria-label={texts.policiesOfUser}>
          {has.map((policy) => (
            <li key={nameOf(policy)}>
              <Group gap="sm">
                <Anchor component={Link} href={`/access/policies/${nameOf(policy)}`}>
                  {policy.PolicyName}
                </Anchor>
                <Text size="sm" c="dimmed">
                  {texts.types[policy.PolicyType]}
                  {policy.Description !== '' && `: ${policy.Description}`}
                </Text>
                <Button
                  size="xs"
                  variant="default"
                  aria-label={texts.detachOne(policy.PolicyName)}
                  onClick={() => setDetaches(policy)}
                >
                  {texts.detach}
                </Button>
              </Group>
            </li>
          ))}
        </ul>
        {all.error !== null && <ErrorPanel error={all.error} onAgain={() => void all.refetch()} />}
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (wanted === undefined) return
            const { PolicyName, PolicyType } = wanted
            attach.mutate({ PolicyName, PolicyType, UserName: userName }, { onSuccess: () => setChosen('') })
          }}
        >
          <Group align="end">
            <NativeSelect
              label={texts.attachWhich}
              value={wanted === undefined ? '' : chosen}
              onChange={({ currentTarget }) => setChosen(currentTarget.value)}
              data={[
                { value: '', label: texts.choose },
                ...others.map((policy) => ({
                  value: nameOf(policy),
                  label: `${policy.PolicyName} (${texts.types[policy.PolicyType]})`,
                })),
              ]}
            />
            <Button type="submit" loading={attach.isPending} disabled={wanted === undefined}>
              {texts.attach}
            </Button>
          </Group>
        </form>
        {attach.error !== null && <ErrorPanel error={attach.error} />}
      </Stack>
      <ConfirmDialog
        title={texts.detachTitle(detaches?.PolicyName ?? '', userName)}
        action={texts.detach}
        isOpen={detaches !== undefined}
        isBusy={detach.isPending}
        error={detach.error}
        onConfirm={() => {
          if (detaches === undefined) return
          const { PolicyName, PolicyType } = detaches
          detach.mutate({ PolicyName, PolicyType, UserName: userName }, { onSuccess: close })
        }}
        onClose={close}
      >
        <Text>{texts.detachHelp}</Text>
      </ConfirmDialog>
    </section>
  )
}
