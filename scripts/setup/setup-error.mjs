/** A set-up step that cannot go on. `advice` tells the reader what to do; `detail` is the end of a program's own output. */
export class SetupError extends Error {
  constructor(message, { advice, detail = '' }) {
    super(message)
    this.advice = advice
    this.detail = detail
  }

  /** What is printed instead of a stack. */
  describe() {
    return [this.message, this.detail, this.advice].filter((part) => part !== '').join('\n')
  }
}
