import { Anchor } from '@mantine/core'
import { Link } from 'wouter'
import { EmptyState } from '../components/empty-state.tsx'
import { PageTitle } from '../components/page-title.tsx'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

export function NotFoundPage() {
  const { notFound } = useTexts(SHELL)
  return (
    <>
      <PageTitle title={notFound.title} />
      <EmptyState what={notFound.what}>
        <Anchor component={Link} href="/">
          {notFound.home}
        </Anchor>
      </EmptyState>
    </>
  )
}
