/** What `postern` ends with; scripts rely on it. */
export const EXIT = { done: 0, failed: 1, usage: 2, noConnection: 3 } as const

/** Ends the command with a message on stderr and this code. */
export class CommandError extends Error {
  readonly exitCode: number
  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}

export const usageError = (message: string) => new CommandError(EXIT.usage, message)

/** A host with several addresses fails without a message. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
