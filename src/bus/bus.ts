/** Wakes those who wait, on this node or others. A lost message costs time, never a task: whoever is woken reads the store. */
export interface Bus extends AsyncDisposable {
  /** At most 64 keys a call; never waits, never throws. */
  publish(subject: Subject, keys: readonly string[]): void
  /** Resolved when active, so a reader subscribes, then reads the store, then waits. */
  subscribe(subject: Subject, wake: (keys: readonly string[]) => void): Promise<AsyncDisposable>
}

/** `cancel`: these attempts (`<gateway>:<attempt>`) are to be stopped. `task`: these tasks have ended. `gateway`: these gateways have work. `session`: these gateways have a newer session. `deleted`: these gateways were deleted. */
export type Subject = 'cancel' | 'task' | 'gateway' | 'session' | 'deleted'
