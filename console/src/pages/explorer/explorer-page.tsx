import './explorer.css'
import { Anchor, Skeleton, Text } from '@mantine/core'
import { useCallback, useEffect, useState } from 'react'
import { Link } from 'wouter'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorPanel } from '../../components/error-panel.tsx'
import { PageTitle } from '../../components/page-title.tsx'
import type { PageProps } from '../../routes.tsx'
import { SignInPage } from '../../session/sign-in-page.tsx'
import { useSessionState } from '../../session/session.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'
import { useCatalogue } from './action-catalogue.ts'
import { ActionList } from './action-list.tsx'
import { ActionView, type Values } from './action-view.tsx'
import { EXPLORER } from './explorer-texts.ts'

const NO_VALUES: Values = {}

/** /explorer/ACTION/LANGUAGE: what is typed is not in the address, and nothing of the key ever is. */
export function ExplorerPage({ rest }: PageProps) {
  const { pages } = useTexts(SHELL)
  const texts = useTexts(EXPLORER)
  const { session } = useSessionState()
  const { data: catalogue, error, refetch } = useCatalogue()
  const [search, setSearch] = useState('')
  const [typed, setTyped] = useState<Readonly<Record<string, Values>>>({})
  const [signsIn, setSignsIn] = useState(false)
  const onSignIn = useCallback(() => setSignsIn(true), [])
  const onValues = useCallback((of: string, values: Values) => {
    setTyped((before) => ({ ...before, [of]: values }))
  }, [])

  const [name, language] = rest
  // Signed in, or gone on to something else.
  useEffect(() => setSignsIn(false), [session, name])

  if (signsIn && session === undefined) return <SignInPage codeRefused={false} />
  if (catalogue === undefined) {
    return (
      <>
        <PageTitle title={pages.explorer} />
        {error === null ? <Skeleton height={480} /> : <ErrorPanel error={error} onAgain={() => void refetch()} />}
      </>
    )
  }
  const action = catalogue.actions.find((each) => each.name === name)
  return (
    <div className="explorer" data-chosen={name !== undefined || undefined}>
      <div className="explorer-list">
        {name === undefined && (
          <>
            <PageTitle title={pages.explorer} />
            <Text mb="md">{texts.intro}</Text>
            {session === undefined && <Text mb="md">{texts.introSignedOut}</Text>}
          </>
        )}
        <ActionList
          catalogue={catalogue}
          chosen={action?.name}
          language={language}
          search={search}
          onSearch={setSearch}
        />
      </div>
      {name !== undefined && (
        <div className="explorer-action">
          {action === undefined ? (
            <>
              <PageTitle title={pages.explorer} />
              <EmptyState what={texts.noAction(name)}>
                <Anchor component={Link} href="/explorer">
                  {texts.allActions}
                </Anchor>
              </EmptyState>
            </>
          ) : (
            <ActionView
              // Another action, or another person: no answer of the one before stays.
              key={`${action.name} ${session?.accessKeyId}`}
              action={action}
              values={typed[action.name] ?? NO_VALUES}
              onValues={onValues}
              onSignIn={onSignIn}
            />
          )}
        </div>
      )}
    </div>
  )
}
