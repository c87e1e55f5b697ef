import { StatusBadge } from '../../components/status-badge.tsx'
import { useTexts } from '../../texts/texts.tsx'
import type { AuditEvent } from './audit-actions.ts'
import { AUDIT } from './audit-texts.ts'

export function Outcome({ event }: { readonly event: AuditEvent }) {
  const texts = useTexts(AUDIT)
  const { Outcome: outcome, Denied: denied } = event
  if (outcome === undefined) return ''
  if (outcome === 'OK') return <StatusBadge tone="good">{texts.done}</StatusBadge>
  return <StatusBadge tone={denied === true ? 'bad' : 'doubtful'}>{outcome}</StatusBadge>
}
