import type { AttachedPolicy } from './authorise.ts'
import type { NamedPolicy } from './evaluate-policies.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { TemporarySession } from './principal.ts'
import { EVERYTHING, SESSION_LIMITS } from './session-limits.ts'

/** What the layers are, in their order; a key that is not temporary has the first only. */
export const POLICY_LAYERS = ['Policies', 'SessionLimits', 'SessionPolicy'] as const

/** Whatever is done must be allowed by every layer: what the owner has, what no session may, what narrows this one. */
export function policyLayers(who: {
  readonly isRoot: boolean
  readonly attached: readonly AttachedPolicy[]
  readonly temporary: Pick<TemporarySession, 'name' | 'policy'> | undefined
  readonly parse: (text: string) => PolicyDocument
}): readonly (readonly NamedPolicy[])[] {
  const { isRoot, attached, temporary, parse } = who
  const own = attached.map(({ name, type, document }) => ({ name, type, document: parse(document) }))
  const layers: (readonly NamedPolicy[])[] = [isRoot ? [EVERYTHING] : own]
  if (temporary !== undefined) layers.push([SESSION_LIMITS])
  if (temporary?.policy !== undefined) {
    layers.push([{ name: temporary.name, type: 'Custom', document: parse(temporary.policy) }])
  }
  return layers
}
