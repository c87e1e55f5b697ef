import { inspect } from 'node:util'

/** Shorter secrets cannot be told from ordinary text: taking them out would show where they are. */
const MIN_LENGTH = 4

/** What stands behind words that were cut. */
const ENDS: ReadonlySet<string> = new Set(['"', '…', '\n'])

/** Takes secrets out of texts, whatever put them there. */
export interface Scrubber {
  /** From now on this text is a secret. */
  readonly add: (secret: string) => void
  /** Every secret is replaced by `***`. */
  readonly scrub: (text: string) => string
}

export function createScrubber(): Scrubber {
  const secrets = new Set<string>()
  return {
    add(secret) {
      if (secret.length < MIN_LENGTH) return
      for (const form of formsOf(secret)) secrets.add(form)
    },
    scrub(text) {
      // The longest first: one secret may be the beginning of another.
      const longest = [...secrets].toSorted((a, b) => b.length - a.length)
      const clean = longest.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
      return longest.reduce(withoutBeginning, clean)
    },
  }
}

/** As it is, and as our messages show it: in JSON, in a URL, and with a point for each byte that cannot be printed. */
function formsOf(secret: string): readonly string[] {
  const printed = Buffer.from(secret)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '.')
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret.toWellFormed()), printed]
}

/** A server may say the secret back, and its words are cut somewhere: where they end, the beginning of one is taken out too. */
function withoutBeginning(text: string, secret: string): string {
  const first = secret.slice(0, MIN_LENGTH)
  let clean = ''
  let done = 0
  for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) {
    if (at < done) continue
    let end = at + MIN_LENGTH
    while (end < text.length && text[end] === secret[end - at]) end++
    if (end < text.length && !ENDS.has(text[end] ?? '')) continue
    clean += `${text.slice(done, at)}***`
    done = end
  }
  return clean + text.slice(done)
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
