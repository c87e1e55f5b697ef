import { PageTitle } from '../../components/page-title.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'

export function ExplorerPage() {
  const { pages } = useTexts(SHELL)
  return <PageTitle title={pages.explorer} />
}
