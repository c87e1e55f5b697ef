import { PageTitle } from '../../components/page-title.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'

export function ErrorsPage() {
  const { pages } = useTexts(SHELL)
  return <PageTitle title={pages.errors} />
}
