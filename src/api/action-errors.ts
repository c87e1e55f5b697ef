import { DISCOVERY_ERRORS } from '../model/discovery-errors.ts'
import { type ErrorCode, isErrorCode } from '../model/errors.ts'
import { REQUEST_ERRORS } from '../model/request-errors.ts'
import { type AnyAction, PRODUCTS } from './action.ts'

/** Answered outside of the actions, by `POST` on the path of the enrolment. */
const OF_ENROLMENT: ErrorCode = 'Enrollment.Refused'
const DISCOVERY = Object.keys(DISCOVERY_ERRORS).filter(isErrorCode)

/** What any action can answer: the codes of requests that no action names as its own. */
export function commonErrors(actions: readonly AnyAction[]): readonly ErrorCode[] {
  const own = new Set<ErrorCode>([OF_ENROLMENT, ...actions.flatMap(({ errors }) => errors)])
  return Object.keys(REQUEST_ERRORS)
    .filter(isErrorCode)
    .filter((code) => !own.has(code))
}

/** All that the action can answer, its own codes first; `common` are those of every action. */
export function errorsOf(action: AnyAction, common: readonly ErrorCode[]): readonly ErrorCode[] {
  const discovery = action.answersDiscoveryErrors === true ? DISCOVERY : []
  return [...new Set([...action.errors, ...discovery, ...common.map((code) => asAnswered(code, action))])]
}

/** RAM has its own code for what is not permitted; actions of other products that need its permissions name it. */
function asAnswered(code: ErrorCode, { version, errors }: AnyAction): ErrorCode {
  const product = PRODUCTS[version]
  const ofRam = product === 'Ram' || product === 'Sts' || errors.includes('NoPermission')
  return code === 'Request.Forbidden' && ofRam ? 'NoPermission' : code
}
