import { PosternError } from '../model/errors.ts'
import { type AccessKeyId, type AccountId, type PrincipalId, rootOf, userOf } from '../model/ids.ts'
import type { AccessStore } from '../store/access-store.ts'
import type { AttachedPolicy } from './authorise.ts'
import { type AccessRequest, type Decision, evaluateLayers, evaluatePolicies } from './evaluate-policies.ts'
import { parsePolicyDocument } from './policy-document.ts'
import { POLICY_LAYERS, policyLayers } from './policy-layers.ts'
import type { PolicyService } from './policy-service.ts'
import type { TemporarySession } from './principal.ts'

/** Who would ask: the root where nothing is named. */
export interface TestedCaller {
  readonly userName?: string | undefined
  /** Of a key, permanent or temporary, whether or not it works now. */
  readonly key?: AccessKeyId | undefined
  /** As if it were attached to her as well; where nobody is named, it alone. */
  readonly document?: string | undefined
}

export interface LayerDecision {
  readonly layer: (typeof POLICY_LAYERS)[number]
  readonly result: Decision['result']
  /** Undefined where no statement applied, and where what decided is nobody's policy: the root's rights, the limits of sessions. */
  readonly by?: {
    /** `Given` is the document of the question. */
    readonly type: 'System' | 'Custom' | 'Session' | 'Given'
    /** Of `Given` it is empty. */
    readonly policy: string
    /** From 0. */
    readonly statement: number
    /** JSON, without its spaces. */
    readonly text: string
  }
}

export interface PolicyTester {
  /**
   * What the authorisation would say, by its own code. Throws EntityNotExist.User, EntityNotExist.User.AccessKey, and what
   * `parsePolicyDocument` throws of the document of the question.
   */
  testPolicy(
    account: AccountId,
    caller: TestedCaller,
    request: AccessRequest,
  ): Promise<{ readonly result: Decision['result']; readonly layers: readonly LayerDecision[] }>
}

/** No policy that is stored has it. */
const GIVEN = ''

export function createPolicyTester(parts: {
  readonly store: AccessStore
  readonly policiesOf: PolicyService['policiesOf']
}): PolicyTester {
  const { store, policiesOf } = parts

  const find = async (account: AccountId, { userName, key }: TestedCaller): Promise<Found> => {
    if (userName !== undefined) {
      const user = await store.userByName(account, userName)
      if (user === undefined) throw new PosternError('EntityNotExist.User')
      return { owner: userOf(account, user.id), temporary: undefined }
    }
    if (key === undefined) return { owner: rootOf(account), temporary: undefined }
    const permanent = await store.accessKey(key)
    if (permanent?.account === account) return { owner: permanent.principal, temporary: undefined }
    const session = await store.temporaryKey(key)
    if (session?.account !== account) throw new PosternError('EntityNotExist.User.AccessKey')
    return { owner: session.principal, temporary: { name: session.session, policy: session.policy } }
  }

  return {
    async testPolicy(account, caller, request) {
      const { document } = caller
      const given: readonly AttachedPolicy[] =
        document === undefined ? [] : [{ name: GIVEN, type: 'Custom', document: checked(document) }]
      const isAlone = document !== undefined && caller.userName === undefined && caller.key === undefined
      const { owner, temporary } = await find(account, caller)
      const isRoot = owner === rootOf(account) && !isAlone
      const own = isRoot || isAlone ? [] : await policiesOf({ account, id: owner })
      const attached = [...own, ...given]
      const layers = policyLayers({ isRoot, attached, temporary, parse: parsePolicyDocument })
      const { result } = evaluateLayers(layers, request)
      return {
        result,
        layers: layers.flatMap((policies, index) => {
          const layer = POLICY_LAYERS[index]
          if (layer === undefined) return []
          const decision = evaluatePolicies(policies, request)
          const text = decision.by && textOf(layer, decision.by, { attached, temporary })
          return [
            { layer, result: decision.result, ...(decision.by && text && { by: shown(layer, decision.by, text) }) },
          ]
        }),
      }
    },
  }
}

interface Found {
  readonly owner: PrincipalId
  readonly temporary: Pick<TemporarySession, 'name' | 'policy'> | undefined
}
type Layer = LayerDecision['layer']
type By = NonNullable<Decision['by']>

function checked(document: string): string {
  parsePolicyDocument(document)
  return document
}

function textOf(
  layer: Layer,
  { policy, type, statement }: By,
  { attached, temporary }: { attached: readonly AttachedPolicy[]; temporary: Found['temporary'] },
): string | undefined {
  const document =
    layer === 'Policies'
      ? attached.find((each) => each.name === policy && each.type === type)?.document
      : layer === 'SessionPolicy'
        ? temporary?.policy
        : undefined
  const parsed: unknown = document === undefined ? undefined : JSON.parse(document)
  if (typeof parsed !== 'object' || parsed === null || !('Statement' in parsed)) return undefined
  const { Statement: statements } = parsed
  return Array.isArray(statements) ? JSON.stringify(statements[statement]) : undefined
}

function shown(layer: Layer, { policy, type, statement }: By, text: string): NonNullable<LayerDecision['by']> {
  if (layer === 'SessionPolicy') return { type: 'Session', policy, statement, text }
  return { type: policy === GIVEN ? 'Given' : type, policy, statement, text }
}
