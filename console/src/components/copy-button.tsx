import { Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

const SAID_MS = 2_000

/** `text` may be made when it is wanted, where it is long. `label` says what is copied. */
export function CopyButton(props: { readonly text: string | (() => string); readonly label?: string }) {
  const texts = useTexts(SHELL)
  const [said, setSaid] = useState<string>()
  useEffect(() => {
    if (said === undefined) return undefined
    const timer = setTimeout(() => setSaid(undefined), SAID_MS)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async () => {
    const text = typeof props.text === 'string' ? props.text : props.text()
    try {
      await navigator.clipboard.writeText(text)
      setSaid(texts.copied)
    } catch {
      setSaid(texts.copyFailed)
    }
  }
  return (
    <Button size="xs" variant="default" onClick={() => void copy()}>
      <span aria-live="polite">{said ?? props.label ?? texts.copy}</span>
    </Button>
  )
}
