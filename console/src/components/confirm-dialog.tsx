import { Button, Group, Modal, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import type { ApiError } from '../api/api-error.ts'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'
import { ErrorPanel } from './error-panel.tsx'

interface ConfirmProps {
  readonly title: string
  /** Says what is done: the word on the button. */
  readonly action: string
  /** Dangerous unless it is said to be plain. */
  readonly tone?: 'plain'
  readonly isOpen: boolean
  readonly isBusy: boolean
  /** The action failed; the question stays. */
  readonly error: ApiError | null
  /** False: something has to be filled in first. */
  readonly isReady?: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
  /** What will happen, and what to fill in. */
  readonly children: ReactNode
}

/** A question before something that cannot be undone. The focus goes in, stays in, and back where it was; Escape leaves. */
export function ConfirmDialog(props: ConfirmProps) {
  const texts = useTexts(SHELL)
  const { title, action, tone, isOpen, isBusy, error, isReady = true, onConfirm, onClose, children } = props
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': texts.close }}
      transitionProps={{ duration: 0 }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && !isBusy) onConfirm()
        }}
      >
        <Stack>
          {children}
          {error !== null && <ErrorPanel error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {texts.cancel}
            </Button>
            <Button type="submit" {...(tone !== 'plain' && { color: 'red' })} loading={isBusy} disabled={!isReady}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
