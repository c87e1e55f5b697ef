import { Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { useChange } from '../../api/use-api.ts'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { CREATE_USER } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'
import { NO_FIELDS, UserInputs } from './user-fields.tsx'

export function NewUser() {
  const texts = useTexts(ACCESS)
  const [, navigate] = useLocation()
  const [fields, setFields] = useState(NO_FIELDS)
  const create = useChange(CREATE_USER, { changes: ['ListUsers'] })
  const submit = () => {
    const trimmed = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()]))
    create.mutate(trimmed, {
      onSuccess: ({ User }) => navigate(`/access/users/${encodeURIComponent(User.UserName)}`),
    })
  }
  return (
    <Stack maw={560}>
      <PageTitle title={texts.newUser} />
      <Text>{texts.newUserHelp}</Text>
      <Paper withBorder p="lg">
        <form
          onSubmit={(event) => {
            event.preventDefault()
            submit()
          }}
        >
          <Stack>
            <UserInputs fields={fields} onChange={setFields} />
            {create.error !== null && <ErrorPanel error={create.error} />}
            <Group>
              <Button type="submit" loading={create.isPending}>
                {texts.makeUser}
              </Button>
              <Anchor component={Link} href="/access">
                {texts.backToUsers}
              </Anchor>
            </Group>
          </Stack>
        </form>
      </Paper>
    </Stack>
  )
}
