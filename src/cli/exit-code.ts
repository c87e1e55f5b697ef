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
