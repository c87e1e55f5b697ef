import { TextInput } from '@mantine/core'
import { useTexts } from '../../texts/texts.tsx'
import { ACCESS } from './access-texts.ts'
import type { PolicyCheck } from './policy-check.ts'
import { PolicyEditor } from './policy-editor.tsx'
import { PolicyHelp } from './policy-help.tsx'

interface FieldsProps {
  readonly description: string
  readonly onDescription: (text: string) => void
  readonly text: string
  readonly onText: (text: string) => void
  /** Of `text`. */
  readonly check: PolicyCheck
}

/** What can be written of a policy, whether it is made or changed. */
export function PolicyFields({ description, onDescription, text, onText, check }: FieldsProps) {
  const texts = useTexts(ACCESS)
  return (
    <>
      <TextInput
        label={texts.description}
        value={description}
        onChange={({ currentTarget }) => onDescription(currentTarget.value)}
        maxLength={1_024}
        autoComplete="off"
      />
      <PolicyEditor label={texts.policyText} text={text} check={check} onChange={onText} />
      <PolicyHelp />
    </>
  )
}
