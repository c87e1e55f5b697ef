import { Button } from '@mantine/core'
import { Component, type ReactNode } from 'react'
import { EmptyState } from '../components/empty-state.tsx'
import { PageTitle } from '../components/page-title.tsx'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

/** A fault in one page leaves the rest of the console usable. */
export class PageBoundary extends Component<{ readonly children: ReactNode }, { readonly failed: boolean }> {
  override readonly state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    return this.state.failed ? <Failed onAgain={() => this.setState({ failed: false })} /> : this.props.children
  }
}

function Failed({ onAgain }: { readonly onAgain: () => void }) {
  const { crashed } = useTexts(SHELL)
  return (
    <div role="alert">
      <PageTitle title={crashed.title} />
      <EmptyState what={crashed.what}>
        <Button onClick={onAgain}>{crashed.again}</Button>
      </EmptyState>
    </div>
  )
}
