import { Alert, Stack } from '@mantine/core'
import { Link } from 'wouter'
import { NotFoundPage } from '../../shell/not-found-page.tsx'
import type { PageProps } from '../../routes.tsx'
import { useSession } from '../../session/session.tsx'
import { useTexts } from '../../texts/texts.tsx'
import { ACCESS } from './access-texts.ts'
import { NewPolicy } from './new-policy.tsx'
import { NewUser } from './new-user.tsx'
import { OwnKeys } from './own-keys.tsx'
import { PolicyDetails } from './policy-details.tsx'
import { PolicyList } from './policy-list.tsx'
import { PolicyTester } from './policy-tester.tsx'
import { UserDetails } from './user-details.tsx'
import { UserList } from './user-list.tsx'

const PARTS = [
  ['users', '/access', ['users', 'new-user']],
  ['policies', '/access/policies', ['policies', 'new-policy']],
  ['tester', '/access/test', ['test']],
  ['ownKeys', '/access/keys', ['keys']],
] as const

export function AccessPage({ rest }: PageProps) {
  const texts = useTexts(ACCESS)
  const { accessKeyId } = useSession()
  const [part = 'users'] = rest
  return (
    <Stack>
      <nav aria-label={texts.parts.label} className="parts">
        {PARTS.map(([name, href, parts]) => (
          <Link key={name} href={href} aria-current={parts.some((each) => each === part) ? 'page' : undefined}>
            {texts.parts[name]}
          </Link>
        ))}
      </nav>
      {accessKeyId.startsWith('STS.') && <Alert role="note">{texts.temporary}</Alert>}
      <Part rest={rest} />
    </Stack>
  )
}

function Part({ rest }: PageProps) {
  const [part, first, second, ...more] = rest
  if (more.length > 0) return <NotFoundPage />
  if (part === undefined) return <UserList />
  if (part === 'new-user') return <NewUser />
  if (part === 'users' && first !== undefined && second === undefined) return <UserDetails key={first} name={first} />
  if (part === 'policies' && first === undefined) return <PolicyList />
  if (part === 'policies' && (first === 'System' || first === 'Custom') && second !== undefined)
    return <PolicyDetails key={`${first}/${second}`} type={first} name={second} />
  if (part === 'new-policy') return <NewPolicy />
  if (part === 'test') return <PolicyTester />
  if (part === 'keys') return <OwnKeys />
  return <NotFoundPage />
}
