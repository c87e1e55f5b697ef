import { Button, Group, Loader } from '@mantine/core'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

interface ProgressProps {
  readonly search: 'none' | 'runs' | 'waits'
  readonly onGoOn: () => void
}

/** Below a list whose rows are far between: says that it is still looking, or asks whether it shall look further. */
export function SearchProgress({ search, onGoOn }: ProgressProps) {
  const texts = useTexts(SHELL)
  return (
    <Group gap="sm" mih={30} role="status">
      {search === 'runs' && (
        <>
          <Loader size="xs" aria-hidden />
          {texts.searching}
        </>
      )}
      {search === 'waits' && (
        <>
          {texts.searchedFar}
          <Button size="xs" variant="default" onClick={onGoOn}>
            {texts.searchOn}
          </Button>
        </>
      )}
    </Group>
  )
}
