import type { Conditions } from './condition-keys.ts'
import type { Condition, PolicyDocument, Statement } from './policy-document.ts'
import { alwaysMatches, matchesWildcard, mayMatch } from './wildcard.ts'

export interface NamedPolicy {
  readonly name: string
  readonly type: 'System' | 'Custom'
  readonly document: PolicyDocument
}

/** What is asked for, in RAM's words and from canonical values. */
export interface AccessRequest {
  readonly action: string
  readonly resource: string
  /** True: a `*` in the resource is a part that is not known. */
  readonly open: boolean
  readonly conditions: Conditions
}

export interface Decision {
  readonly result: 'Allow' | 'ExplicitDeny' | 'ImplicitDeny'
  /** What decided; undefined where nothing applied. */
  readonly by?: { readonly policy: string; readonly type: NamedPolicy['type']; readonly statement: number }
}

/**
 * Allowed where every one of the layers allows it: an explicit deny of any wins over the rest, and a layer of no policies
 * allows nothing. The decision is of the first layer that did not allow.
 */
export function evaluateLayers(
  layers: readonly (readonly NamedPolicy[])[],
  request: AccessRequest,
  view: View = 'surely',
): Decision & { readonly layer: number } {
  const decisions = layers.map((policies, layer) => ({ ...evaluatePolicies(policies, request, view), layer }))
  const denied = decisions.find(({ result }) => result === 'ExplicitDeny')
  const refused = denied ?? decisions.find(({ result }) => result !== 'Allow') ?? decisions.at(-1)
  return refused ?? { result: 'ImplicitDeny', layer: 0 }
}

type Match = 'yes' | 'no' | 'unknown'

type View = 'surely' | 'possibly'

/**
 * Explicit deny > allow > implicit deny. What is not known makes a Deny apply and an Allow not (`surely`). `possibly`
 * takes all that is not known for the best, and so tells whether any such request could be allowed.
 */
export function evaluatePolicies(
  policies: readonly NamedPolicy[],
  request: AccessRequest,
  view: View = 'surely',
): Decision {
  const unknownApplies = view === 'surely' ? 'Deny' : 'Allow'
  let allowed: Decision | undefined
  for (const { name, type, document } of policies) {
    for (const [statement, each] of document.statements.entries()) {
      const match = matchStatement(each, request)
      if (match === 'no' || (match === 'unknown' && each.effect !== unknownApplies)) continue
      const by = { policy: name, type, statement }
      if (each.effect === 'Deny') return { result: 'ExplicitDeny', by }
      allowed ??= { result: 'Allow', by }
    }
  }
  return allowed ?? { result: 'ImplicitDeny' }
}

function matchStatement(statement: Statement, { action, resource, open, conditions }: AccessRequest): Match {
  const wanted = action.toLowerCase()
  if (statement.actions.some((pattern) => matchesWildcard(pattern, wanted)) === statement.exceptActions) return 'no'
  return every([
    any(statement.resources.map((pattern) => matchResource(pattern, resource, open))),
    ...statement.conditions.map((condition) => matchCondition(condition, conditions)),
  ])
}

function matchResource(pattern: string, resource: string, open: boolean): Match {
  if (!open) return matchesWildcard(pattern, resource) ? 'yes' : 'no'
  if (alwaysMatches(pattern, resource)) return 'yes'
  return mayMatch(pattern, resource) ? 'unknown' : 'no'
}

function matchCondition({ key, negated, tests }: Condition, known: Conditions): Match {
  const actual = known[key]
  if (actual === undefined) return 'unknown'
  return tests.some((test) => test(actual)) === negated ? 'no' : 'yes'
}

/** What surely fails settles it, whatever else is not known. */
const every = (matches: readonly Match[]): Match =>
  matches.includes('no') ? 'no' : matches.includes('unknown') ? 'unknown' : 'yes'
const any = (matches: readonly Match[]): Match =>
  matches.includes('yes') ? 'yes' : matches.includes('unknown') ? 'unknown' : 'no'
