import { Anchor, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useChange } from '../../api/use-api.ts'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { CREATE_POLICY } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'
import { FIRST_POLICY } from './first-policy.ts'
import { isNoPolicy, usePolicyCheck } from './policy-check.ts'
import { PolicyFields } from './policy-fields.tsx'

export function NewPolicy() {
  const texts = useTexts(ACCESS)
  const [, navigate] = useLocation()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [text, setText] = useState(FIRST_POLICY)
  const check = usePolicyCheck(text)
  const create = useChange(CREATE_POLICY, { changes: ['ListPolicies'] })
  const submit = () =>
    create.mutate(
      { PolicyName: name.trim(), Description: description.trim(), PolicyDocument: text },
      { onSuccess: ({ Policy }) => navigate(`/access/policies/Custom/${Policy.PolicyName}`) },
    )
  return (
    <Stack maw={900}>
      <PageTitle title={texts.newPolicy} />
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Stack>
          <TextInput
            label={texts.policyName}
            description={texts.policyNameHelp}
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            required
            maxLength={128}
            autoComplete="off"
            spellCheck={false}
          />
          <PolicyFields
            description={description}
            onDescription={setDescription}
            text={text}
            onText={setText}
            check={check}
          />
          <Text size="sm" c="dimmed">
            {texts.newPolicyHelp}
          </Text>
          {create.error !== null && <ErrorPanel error={create.error} />}
          <Group>
            <Button type="submit" loading={create.isPending} disabled={isNoPolicy(check)}>
              {texts.makePolicy}
            </Button>
            <Anchor component={Link} href="/access/policies">
              {texts.backToPolicies}
            </Anchor>
          </Group>
        </Stack>
      </form>
    </Stack>
  )
}
