import { Anchor, Button, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useChange, useRead } from '../../api/use-api.ts'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { ExactTime } from '../../components/exact-time.tsx'
import { Facts } from '../../components/facts.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useSession } from '../../session/session.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { DELETE_USER, GET_USER, UPDATE_USER, type User } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'
import { KeyTable } from './key-table.tsx'
import { changedFields, fieldsOf, UserInputs } from './user-fields.tsx'
import { UserPolicies } from './user-policies.tsx'

export function UserDetails({ name }: { readonly name: string }) {
  const texts = useTexts(ACCESS)
  const { data, error, refetch } = useRead(GET_USER, { params: { UserName: name } })
  return (
    <Stack>
      <PageTitle title={texts.userTitle(name)}>
        <Anchor component={Link} href="/access">
          {texts.backToUsers}
        </Anchor>
      </PageTitle>
      {error !== null && <ErrorPanel error={error} onAgain={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton height={480} />}
      {data !== undefined && <Parts user={data.User} />}
    </Stack>
  )
}

function Parts({ user }: { readonly user: User }) {
  const texts = useTexts(ACCESS)
  return (
    <>
      <div className="two-columns">
        <Stack gap="lg">
          <KeyTable userName={user.UserName} />
          <UserPolicies userName={user.UserName} />
        </Stack>
        <UserForm key={user.UpdateDate} user={user} />
      </div>
      <Group>
        <Anchor component={Link} href={`/access/test?user=${encodeURIComponent(user.UserName)}`}>
          {texts.testUser}
        </Anchor>
        <DeleteUser name={user.UserName} />
      </Group>
    </>
  )
}

function UserForm({ user }: { readonly user: User }) {
  const texts = useTexts(ACCESS)
  const { identity } = useSession()
  const [, navigate] = useLocation()
  const before = fieldsOf(user)
  const [fields, setFields] = useState(before)
  const update = useChange(UPDATE_USER, { changes: ['ListUsers', 'GetUser'] })
  const changed = changedFields(before, fields)
  const submit = () =>
    update.mutate(
      { UserName: user.UserName, ...changed },
      {
        onSuccess: ({ User }) => {
          if (User.UserName !== user.UserName) navigate(`/access/users/${encodeURIComponent(User.UserName)}`)
        },
      },
    )
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="user-form">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Stack>
          <Title order={2} size="h4" id="user-form">
            {texts.details}
          </Title>
          <Facts
            facts={[
              [texts.userId, user.UserId],
              [texts.principal, `${identity.AccountId}:user/${user.UserId}`],
              [texts.made, <ExactTime key="made" at={user.CreateDate} />],
              [texts.changed, <ExactTime key="changed" at={user.UpdateDate} />],
            ]}
          />
          <UserInputs fields={fields} onChange={setFields} />
          <Text size="sm" c="dimmed">
            {texts.emptyStays}
          </Text>
          {update.error !== null && <ErrorPanel error={update.error} />}
          <Group>
            <Button type="submit" loading={update.isPending} disabled={Object.keys(changed).length === 0}>
              {texts.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  )
}

function DeleteUser({ name }: { readonly name: string }) {
  const texts = useTexts(ACCESS)
  const [, navigate] = useLocation()
  const [isOpen, setOpen] = useState(false)
  const remove = useChange(DELETE_USER, { changes: ['ListUsers'] })
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {texts.deleteUser}
      </Button>
      <ConfirmDialog
        title={texts.deleteUserTitle(name)}
        action={texts.deleteUser}
        isOpen={isOpen}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ UserName: name }, { onSuccess: () => navigate('/access') })}
        onClose={() => {
          setOpen(false)
          remove.reset()
        }}
      >
        <Text>{texts.deleteUserHelp}</Text>
      </ConfirmDialog>
    </>
  )
}
