import { inspect } from 'node:util'

/** Shorter secrets cannot be told from ordinary text: taking them out would show where they are. */
const MIN_LENGTH = 4

/** Takes secrets out of texts, whatever put them there. */
export interface Scrubber {
  /** From now on this text is a secret. */
  add(secret: string): void
  /** Every secret is replaced by `***`. */
  scrub(text: string): string
}

export function createScrubber(): Scrubber {
  const secrets = new Set<string>()
  return {
    add(secret) {
      if (secret.length < MIN_LENGTH) return
      for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed())]) {
        secrets.add(form)
      }
    },
    scrub(text) {
      // The longest first: one secret may be the beginning of another.
      const longest = [...secrets].toSorted((a, b) => b.length - a.length)
      return longest.reduce((clean, secret) => clean.replaceAll(secret, '***'), text)
    },
  }
}

/** With its causes and stacks, for the log; secrets are taken out. */
export function errorText(error: unknown, secrets: Scrubber): string {
  const lines: string[] = []
  for (let cause = error, depth = 0; cause !== undefined && depth < 5; depth++) {
    lines.push(cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return secrets.scrub(lines.join('\ncaused by: '))
}
