/** A driver that has its connection taken away rejects in the next turns; longer than this it is not waited for. */
const MOMENT_MS = 200

/**
 * What a driver itself rejects with after its connection ended: what the server said in it is better than "closed".
 * `otherwise` where it has nothing to say; never rejects.
 */
export async function driverVerdict(work: Promise<unknown>, otherwise: unknown): Promise<unknown> {
  const late = Promise.withResolvers<unknown>()
  const timer = setTimeout(() => late.resolve(otherwise), MOMENT_MS)
  const own = work.then(
    () => otherwise,
    (error: unknown) => error,
  )
  const verdict = await Promise.race([own, late.promise])
  clearTimeout(timer)
  return verdict
}
