import { burnNonces, createAccessKey, createAccount, resetRootKey } from './access-units.ts'
import { adoptAttempts } from './adopt-units.ts'
import { claimTasks } from './claim-units.ts'
import { revokeEnrollment } from './enrollment-units.ts'
import { expireTasks } from './expire-units.ts'
import { finishTask, recordVerified } from './finish-units.ts'
import { closeSession, createEnrollment, enrollGateway, openSession, recordHeartbeats } from './fleet-units.ts'
import { deleteGateway, endDeletedTasks, updateGateway } from './gateway-units.ts'
import { attachPolicy, createPolicy, deletePolicy, detachPolicy, updatePolicy } from './policy-units.ts'
import { purge, restart } from './store-units.ts'
import { acceptAttempt, cancelTask, createTask, recordSteps } from './task-units.ts'
import { issueTemporaryKey } from './temporary-key-units.ts'
import type { Unit } from './unit.ts'
import { deleteKey, issueKey, setKeyActive } from './user-key-units.ts'
import { createUser, deleteUser, updateUser } from './user-units.ts'

/** Every write of the store by its name. The only list of them. */
const UNITS = {
  createAccount,
  createAccessKey,
  resetRootKey,
  burnNonces,
  createUser,
  updateUser,
  deleteUser,
  issueKey,
  setKeyActive,
  deleteKey,
  issueTemporaryKey,
  createPolicy,
  updatePolicy,
  deletePolicy,
  attachPolicy,
  detachPolicy,
  adoptAttempts,
  claimTasks,
  expireTasks,
  finishTask,
  recordVerified,
  createEnrollment,
  enrollGateway,
  openSession,
  closeSession,
  recordHeartbeats,
  revokeEnrollment,
  updateGateway,
  deleteGateway,
  endDeletedTasks,
  restart,
  purge,
  createTask,
  acceptAttempt,
  recordSteps,
  cancelTask,
} as const satisfies Record<string, (unit: Unit, input: never) => unknown>

type Units = typeof UNITS
export type UnitName = keyof Units
interface Signatures {
  readonly inputs: { [N in UnitName]: Parameters<Units[N]>[1] }
  readonly outputs: { [N in UnitName]: ReturnType<Units[N]> }
}
export type UnitInput<N extends UnitName> = Signatures['inputs'][N]
export type UnitOutput<N extends UnitName> = Signatures['outputs'][N]

/** One write on its way to the writer. */
export interface UnitCall<N extends UnitName = UnitName> {
  readonly unit: N
  readonly input: UnitInput<N>
}

export function runUnit<N extends UnitName>(unit: Unit, call: UnitCall<N>): UnitOutput<N> {
  const units: { [M in UnitName]: (unit: Unit, input: UnitInput<M>) => UnitOutput<M> } = UNITS
  return units[call.unit](unit, call.input)
}
