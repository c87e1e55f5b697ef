import { Button, Group, Skeleton, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { type Column, DataTable } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'
import { type User, useUsers } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'

const HEIGHT = 480

export function UserList() {
  const texts = useTexts(ACCESS)
  const { pages } = useTexts(SHELL)
  const [, navigate] = useLocation()
  const { data, error, refetch } = useUsers()
  const [search, setSearch] = useState('')
  const all = data?.Users.User ?? []
  const wanted = search.trim().toLowerCase()
  const rows = all.filter((user) =>
    [user.UserName, user.DisplayName, user.Email, user.UserId].some((text) => text.toLowerCase().includes(wanted)),
  )
  const columns: readonly Column<User>[] = [
    { key: 'name', title: texts.userName, render: ({ UserName: name }) => name },
    { key: 'display', title: texts.displayName, render: ({ DisplayName: name }) => name },
    { key: 'email', title: texts.email, render: ({ Email: email }) => email },
    { key: 'comments', title: texts.comments, render: ({ Comments: text }) => text },
    { key: 'made', title: texts.made, width: '9rem', render: ({ CreateDate: at }) => <RelativeTime at={at} /> },
  ]
  const toNew = (
    <Button component={Link} href="/access/new-user">
      {texts.newUser}
    </Button>
  )
  return (
    <Stack>
      <PageTitle title={pages.access}>{toNew}</PageTitle>
      {error !== null && <ErrorPanel error={error} onAgain={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton height={HEIGHT} />}
      {data !== undefined && all.length === 0 && <EmptyState what={texts.noUsers}>{texts.noUsersHelp}</EmptyState>}
      {all.length > 0 && (
        <>
          <Group>
            <TextInput
              type="search"
              label={texts.search}
              value={search}
              onChange={({ currentTarget }) => setSearch(currentTarget.value)}
            />
          </Group>
          <DataTable
            label={texts.parts.users}
            columns={columns}
            rows={rows}
            rowKey={({ UserId: id }) => id}
            total={all.length}
            onOpen={({ UserName: name }) => navigate(`/access/users/${encodeURIComponent(name)}`)}
            height={HEIGHT}
          />
        </>
      )}
    </Stack>
  )
}
