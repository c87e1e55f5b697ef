/** The candidate that was probably meant: at most a third of it is different, never more than three letters. */
export function nearestName(text: string, candidates: readonly string[]): string | undefined {
  const wanted = text.toLowerCase().slice(0, 64)
  let best: { name: string; distance: number } | undefined
  for (const name of candidates) {
    const other = name.toLowerCase()
    // `hostname` for `host`, `pass` for `password`.
    const related = wanted.length >= 3 && (other.startsWith(wanted) || wanted.startsWith(other))
    const distance = related ? 1 : editDistance(wanted, other)
    const allowed = Math.min(3, Math.ceil(Math.max(wanted.length, other.length) / 3))
    if (distance <= allowed && (best === undefined || distance < best.distance)) best = { name, distance }
  }
  return best?.name
}

/** Letters to insert, to remove, to change, or neighbours to swap. */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    const above = rows[i - 1] ?? []
    for (let j = 1; j <= b.length; j++) {
      const change = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swapped ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(change, swap, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}
