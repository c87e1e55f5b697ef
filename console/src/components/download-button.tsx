import { Button } from '@mantine/core'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

interface DownloadProps {
  readonly fileName: string
  /** Such as `text/csv`. */
  readonly type: string
  /** Made when it is wanted. */
  readonly content: () => string
  readonly label?: string
}

export function DownloadButton({ fileName, type, content, label }: DownloadProps) {
  const texts = useTexts(SHELL)
  const download = () => {
    const url = URL.createObjectURL(new Blob([content()], { type: `${type};charset=utf-8` }))
    const link = document.createElement('a')
    link.href = url
    link.download = fileName
    link.click()
    URL.revokeObjectURL(url)
  }
  return (
    <Button size="xs" variant="default" onClick={download}>
      {label ?? texts.download}
    </Button>
  )
}
