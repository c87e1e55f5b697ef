import { Checkbox, Group, NativeSelect, Textarea, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTexts } from '../../texts/texts.tsx'
import type { Parameter } from './action-catalogue.ts'
import { checkValue, spelled } from './check-value.ts'
import { EXPLORER } from './explorer-texts.ts'
import { Declared } from './declared.tsx'

/** A longer text may have lines. */
const ONE_LINE = 1_000

interface FieldProps {
  readonly parameter: Parameter
  /** Empty: left out. */
  readonly value: string
  readonly onChange: (value: string) => void
  /** Whether faults are told yet: not before the person has been here. */
  readonly judged: boolean
  readonly onLeave: () => void
}

/** One parameter: its kind decides what it is typed or chosen in. */
export function ParameterField({ parameter, value, onChange, judged, onLeave }: FieldProps) {
  const texts = useTexts(EXPLORER)
  const { name, required, schema } = parameter
  const fault = judged ? checkValue(parameter, value) : undefined
  const shared = {
    label: <code>{name}</code>,
    description: <Help parameter={parameter} />,
    error: fault === undefined ? undefined : texts.fault(fault),
    withAsterisk: required,
    'aria-required': required,
    onBlur: onLeave,
  }
  const choices = schema.type === 'boolean' ? ['true', 'false'] : schema.enum
  if (choices !== undefined) {
    return (
      <NativeSelect
        {...shared}
        name={name}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        data={[{ value: '', label: required ? texts.choose : texts.leftOut }, ...choices]}
      />
    )
  }
  if (schema.items?.enum !== undefined) {
    return (
      <Checkbox.Group
        {...shared}
        value={value === '' ? [] : value.split(',')}
        onChange={(all) => onChange(all.join(','))}
      >
        <Group gap="md" mt="xs">
          {schema.items.enum.map((choice) => (
            <Checkbox key={choice} name={name} value={choice} label={choice} />
          ))}
        </Group>
      </Checkbox.Group>
    )
  }
  const typed = {
    ...shared,
    name,
    value,
    placeholder: spelled(parameter.example),
    autoComplete: 'off',
    spellCheck: false,
    autoCapitalize: 'none',
  }
  if ((schema.maxLength ?? 0) > ONE_LINE) {
    return <Textarea {...typed} rows={4} onChange={({ currentTarget }) => onChange(currentTarget.value)} />
  }
  return (
    <TextInput
      {...typed}
      inputMode={schema.type === 'integer' ? 'numeric' : 'text'}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
    />
  )
}

function Help({ parameter }: { readonly parameter: Parameter }): ReactNode {
  const texts = useTexts(EXPLORER)
  const { schema, example, description } = parameter
  const { default: usual } = schema
  return (
    <>
      <Declared text={description} />
      <span className="parameter-facts">
        <span>{texts.kind(schema)}</span>
        {usual !== undefined && (
          <span>
            {texts.usual} <code>{spelled(usual)}</code>
          </span>
        )}
        <span>
          {texts.example} <code>{spelled(example)}</code>
        </span>
      </span>
    </>
  )
}
