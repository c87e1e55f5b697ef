import { Anchor, Button, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useChange, useRead } from '../../api/use-api.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { ExactTime } from '../../components/exact-time.tsx'
import { Facts } from '../../components/facts.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { DELETE_POLICY, GET_POLICY, type Policy, type PolicyType, UPDATE_POLICY } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'
import { isNoPolicy, usePolicyCheck } from './policy-check.ts'
import { PolicyEditor, prettyJson } from './policy-editor.tsx'
import { PolicyFields } from './policy-fields.tsx'

export function PolicyDetails({ type, name }: { readonly type: PolicyType; readonly name: string }) {
  const texts = useTexts(ACCESS)
  const { data, error, refetch } = useRead(GET_POLICY, { params: { PolicyType: type, PolicyName: name } })
  const document = data?.DefaultPolicyVersion.PolicyDocument ?? ''
  return (
    <Stack maw={900}>
      <PageTitle title={texts.policyTitle(name)}>
        <Anchor component={Link} href="/access/policies">
          {texts.backToPolicies}
        </Anchor>
      </PageTitle>
      {error !== null && <ErrorPanel error={error} onAgain={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton height={480} />}
      {data !== undefined && (
        <>
          <Facts
            facts={[
              [texts.type, texts.types[type]],
              [texts.users, data.Policy.AttachmentCount],
              [texts.made, data.Policy.CreateDate && <ExactTime at={data.Policy.CreateDate} />],
              [texts.changed, data.Policy.UpdateDate && <ExactTime at={data.Policy.UpdateDate} />],
            ]}
          />
          {type === 'System' ? (
            <SystemPolicy description={data.Policy.Description} document={document} />
          ) : (
            <CustomPolicy policy={data.Policy} document={document} />
          )}
        </>
      )}
    </Stack>
  )
}

function SystemPolicy({ description, document }: { readonly description: string; readonly document: string }) {
  const texts = useTexts(ACCESS)
  const shown = prettyJson(document) ?? document
  return (
    <>
      <Text>{description}</Text>
      <Text c="dimmed">{texts.systemHelp}</Text>
      <PolicyEditor label={texts.policyText} text={shown} check={{ state: 'valid' }} />
      <Group>
        <CopyButton text={shown} />
      </Group>
    </>
  )
}

function CustomPolicy({ policy, document }: { readonly policy: Policy; readonly document: string }) {
  const texts = useTexts(ACCESS)
  const [text, setText] = useState(document)
  const [description, setDescription] = useState(policy.Description)
  const [said, setSaid] = useState('')
  const check = usePolicyCheck(text)
  const update = useChange(UPDATE_POLICY, { changes: ['GetPolicy', 'ListPolicies', 'ListPoliciesForUser'] })
  const isChanged = text !== document || description.trim() !== policy.Description
  const { PolicyName: name } = policy
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        setSaid('')
        update.mutate(
          { PolicyName: name, PolicyDocument: text, Description: description.trim() },
          { onSuccess: () => setSaid(texts.policySaved) },
        )
      }}
    >
      <Stack>
        <PolicyFields
          description={description}
          onDescription={setDescription}
          text={text}
          onText={setText}
          check={check}
        />
        {policy.AttachmentCount > 0 && <Text>{texts.changesUsers(policy.AttachmentCount)}</Text>}
        {update.error !== null && <ErrorPanel error={update.error} />}
        <Group>
          <Button type="submit" loading={update.isPending} disabled={!isChanged || isNoPolicy(check)}>
            {texts.savePolicy}
          </Button>
          <CopyButton text={text} />
          <DeletePolicy policy={policy} />
          <span role="status">{said}</span>
        </Group>
      </Stack>
    </form>
  )
}

function DeletePolicy({ policy }: { readonly policy: Policy }) {
  const texts = useTexts(ACCESS)
  const [, navigate] = useLocation()
  const [isOpen, setOpen] = useState(false)
  const remove = useChange(DELETE_POLICY, { changes: ['ListPolicies'] })
  const { PolicyName: name } = policy
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {texts.deletePolicy}
      </Button>
      <ConfirmDialog
        title={texts.deletePolicyTitle(name)}
        action={texts.deletePolicy}
        isOpen={isOpen}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ PolicyName: name }, { onSuccess: () => navigate('/access/policies') })}
        onClose={() => {
          setOpen(false)
          remove.reset()
        }}
      >
        <Text>{texts.deletePolicyHelp}</Text>
      </ConfirmDialog>
    </>
  )
}
