import { Stack, Text } from '@mantine/core'
import { PageTitle } from '../../components/page-title.tsx'
import type { PageProps } from '../../routes.tsx'
import { SHELL } from '../../texts/shell-texts.ts'
import { useTexts } from '../../texts/texts.tsx'
import { AskForm } from './ask-form.tsx'
import { DISCOVER } from './discover-texts.ts'
import { TaskRun } from './task-run.tsx'

/** /discover asks, /discover/<task> shows what came of it. */
export function DiscoverPage({ rest: [task] }: PageProps) {
  const { pages } = useTexts(SHELL)
  const texts = useTexts(DISCOVER)
  return (
    <Stack>
      <PageTitle title={pages.discover} />
      <Text>{texts.intro}</Text>
      <AskForm />
      {task !== undefined && /^\d{1,16}$/.test(task) && <TaskRun key={task} id={task} />}
    </Stack>
  )
}
