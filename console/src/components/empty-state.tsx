import { Paper, Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'

/** Nothing is here yet: `what` says so, `children` what to do about it. */
export function EmptyState({ what, children }: { readonly what: string; readonly children?: ReactNode }) {
  return (
    <Paper withBorder p="xl">
      <Stack align="center" gap="sm" ta="center">
        <Text fw={600}>{what}</Text>
        {children}
      </Stack>
    </Paper>
  )
}
