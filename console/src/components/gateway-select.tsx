import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import * as z from 'zod/mini'
import { VERSION } from '../api/products.ts'
import { useRead } from '../api/use-api.ts'
import { SHELL } from '../texts/shell-texts.ts'
import { useTexts } from '../texts/texts.tsx'

const SHOWN = 20
const TYPED_MS = 200

const NAMED_GATEWAYS = {
  action: 'ListGateways',
  version: VERSION.postern,
  answer: z.object({
    Gateways: z.object({ Gateway: z.array(z.object({ BackupGatewayId: z.number(), Name: z.string() })) }),
  }),
}

interface SelectProps {
  readonly label: string
  readonly placeholder: string
  /** Id. */
  readonly value: string | undefined
  readonly onChange: (id: string | undefined) => void
  /** Instead of it, for whoever may not list gateways by name. */
  readonly fallback?: ReactNode
}

/** Looked for by name at the server, so 10,000 are as quick as ten. */
export function GatewaySelect({ label, placeholder, value, onChange, fallback }: SelectProps) {
  const texts = useTexts(SHELL)
  const [search, setSearch] = useState('')
  // Who may not list them is not asked about again: each time would be an entry of the audit trail.
  const [refused, setRefused] = useState(false)
  const chosen = useRead(NAMED_GATEWAYS, {
    params: { BackupGatewayId: value },
    enabled: value !== undefined && !refused,
  })
  const [typed] = useDebouncedValue(search, TYPED_MS)
  const known = value === undefined ? [] : (chosen.data?.Gateways.Gateway ?? []).map(optionOf)
  // With a choice made, its own label is what stands in the field.
  const NameContains = known.some((option) => option.label === typed) ? '' : typed
  const found = useRead(NAMED_GATEWAYS, { params: { NameContains, MaxResults: SHOWN } })
  if (found.error?.status === 403 && !refused) setRefused(true)
  if (refused && fallback !== undefined) return fallback
  const others = (found.data?.Gateways.Gateway ?? []).map(optionOf)
  const given = value === undefined || known.some((option) => option.value === value) ? [] : [{ value, label: value }]
  const options = new Map([...given, ...known, ...others].map((option) => [option.value, option]))
  return (
    <Select
      label={label}
      placeholder={placeholder}
      data={[...options.values()]}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': `${texts.clear}: ${label}` }}
      onSearchChange={setSearch}
      // What one types takes the place of the choice before.
      onFocus={({ currentTarget }) => currentTarget.select()}
      filter={({ options: all }) => all}
      comboboxProps={{ transitionProps: { duration: 0 } }}
    />
  )
}

const optionOf = ({
  BackupGatewayId: id,
  Name: name,
}: {
  readonly BackupGatewayId: number
  readonly Name: string
}) => ({
  value: String(id),
  label: `${name} (${id})`,
})
