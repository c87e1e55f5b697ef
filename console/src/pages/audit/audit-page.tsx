import { Stack } from '@mantine/core'
import { PageTitle } from '../../components/page-title.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'
import { AuditList } from './audit-list.tsx'
import { TrailVerdict } from './trail-verdict.tsx'

export function AuditPage() {
  const { pages } = useTexts(SHELL)
  return (
    <Stack>
      <PageTitle title={pages.audit} />
      <TrailVerdict />
      <AuditList />
    </Stack>
  )
}
