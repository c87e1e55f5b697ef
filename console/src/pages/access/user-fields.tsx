import { TextInput } from '@mantine/core'
import { useTexts } from '../../texts/texts.tsx'
import type { User } from './access-actions.ts'
import { ACCESS } from './access-texts.ts'

const FIELDS = ['UserName', 'DisplayName', 'Email', 'MobilePhone', 'Comments'] as const
export type UserFields = Readonly<Record<(typeof FIELDS)[number], string>>

export const NO_FIELDS: UserFields = { UserName: '', DisplayName: '', Email: '', MobilePhone: '', Comments: '' }

export const fieldsOf = (user: User): UserFields => ({
  UserName: user.UserName,
  DisplayName: user.DisplayName,
  Email: user.Email,
  MobilePhone: user.MobilePhone,
  Comments: user.Comments,
})

/** Those that are others than before, as UpdateUser names them; the server keeps what it is not sent. */
export function changedFields(before: UserFields, now: UserFields): Readonly<Record<string, string>> {
  return Object.fromEntries(
    FIELDS.filter((name) => now[name].trim() !== before[name]).map((name) => [`New${name}`, now[name].trim()]),
  )
}

/** The inputs of a user, new or not. */
export function UserInputs(props: { readonly fields: UserFields; readonly onChange: (fields: UserFields) => void }) {
  const { fields, onChange } = props
  const texts = useTexts(ACCESS)
  const labels: UserFields = {
    UserName: texts.userName,
    DisplayName: texts.displayName,
    Email: texts.email,
    MobilePhone: texts.phone,
    Comments: texts.comments,
  }
  return FIELDS.map((name) => (
    <TextInput
      key={name}
      label={labels[name]}
      description={name === 'UserName' ? texts.userNameHelp : name === 'MobilePhone' ? texts.phoneHelp : undefined}
      value={fields[name]}
      onChange={({ currentTarget }) => onChange({ ...fields, [name]: currentTarget.value })}
      required={name === 'UserName'}
      maxLength={name === 'UserName' ? 64 : 128}
      autoComplete="off"
      spellCheck={false}
    />
  ))
}
