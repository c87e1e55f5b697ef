/** Wakes those who wait, on this node or others. A lost message costs time, never a task: whoever is woken reads the store. */
export interface Bus extends AsyncDisposable {
  /** Any number of keys; never waits, never throws. Beyond what the bus holds they are lost. */
  publish(subject: Subject, keys: readonly string[]): void
  /** Resolved when active, so a reader subscribes, then reads the store, then waits. Wakes from other nodes may have more keys than one call published. */
  subscribe(subject: Subject, wake: (keys: readonly string[]) => void): Promise<AsyncDisposable>
}

/** `cancel`: these attempts (`<gateway>:<attempt>`) are to be stopped. `task`: these tasks have ended. `gateway`: these gateways have work. `session`: these gateways have a newer session. `deleted`: these gateways were deleted. */
export const SUBJECTS = ['cancel', 'task', 'gateway', 'session', 'deleted'] as const
export type Subject = (typeof SUBJECTS)[number]

/** A bus that several nodes share. */
export interface SharedBus extends Bus {
  readonly state: BusState
}

/** Since the start. A key that several calls publish before it is sent counts once. */
export interface BusState {
  /** While false, other nodes find out at the pace of their re-scan. */
  readonly connected: boolean
  /** Keys that were sent. */
  readonly published: number
  /** Keys of other nodes. */
  readonly received: number
  /** Keys that could not be sent: no connection, or too many at a time. */
  readonly lost: number
  /** Messages of others that could not be read. */
  readonly ignored: number
  /** Connections after the first. */
  readonly reconnects: number
}
