/** Stands for any number of characters, so only a star takes it. */
const UNKNOWN = '\0'

/** `*` is any number of characters, `?` is one. At most pattern × text steps, whatever stands in them. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let resumeAt = 0
  for (let i = 0; i < text.length; ) {
    if (pattern[at] === '*') {
      star = at
      at += 1
      resumeAt = i
    } else if (text[i] !== UNKNOWN && (pattern[at] === '?' || pattern[at] === text[i])) {
      at += 1
      i += 1
    } else if (star >= 0) {
      // Only the last star needs to take more: what stands before it matched as early as it can.
      resumeAt += 1
      i = resumeAt
      at = star + 1
    } else return false
  }
  return isStars(pattern.slice(at))
}

/**
 * Whether the pattern matches at least one of the texts that `open` can stand for: there each `*` is a part that is not
 * known, without `:` and `/`. Pattern × open steps.
 */
export function mayMatch(pattern: string, open: string): boolean {
  // below[j]: whether the pattern from the next character on may match `open` from j on.
  let below = Array.from({ length: open.length + 1 }, (_, j) => isStars(open.slice(j)))
  for (const wanted of pattern.split('').toReversed()) {
    const row = Array.from({ length: open.length + 1 }, () => false)
    row[open.length] = wanted === '*' && below[open.length] === true
    for (let j = open.length - 1; j >= 0; j--) {
      const next = row[j + 1] === true
      if (wanted === '*') row[j] = below[j] === true || next
      else if (open[j] === '*') row[j] = next || (wanted !== ':' && wanted !== '/' && below[j] === true)
      else row[j] = (wanted === '?' || wanted === open[j]) && below[j + 1] === true
    }
    below = row
  }
  return below[0] === true
}

/** Whether the pattern matches every text that `open` can stand for. */
export const alwaysMatches = (pattern: string, open: string): boolean =>
  matchesWildcard(pattern, open.replaceAll('*', UNKNOWN))

const isStars = (text: string) => /^\**$/.test(text)
