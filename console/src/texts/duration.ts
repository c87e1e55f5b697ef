/** Up to a second in milliseconds, then in seconds, with a decimal as long as it tells something. */
export function duration(ms: number, units: { readonly ms: string; readonly s: string }): string {
  if (ms < 1_000) return `${Math.round(ms)} ${units.ms}`
  const seconds = ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1_000)
  return `${seconds} ${units.s}`
}
