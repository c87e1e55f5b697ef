import { ConfigurationError } from './configuration-error.ts'

/** Says of one host why it was of no use. */
interface Failure {
  readonly where: string
  readonly error: unknown
}

/**
 * Dials several hosts in turn until one is of use, beginning with the one that was the last time: after a failover the
 * host that is gone costs its deadline once and not at every connection. `dial` must end by itself.
 * Rejects with the error of the host where there is one only, else with an error that names all of them;
 * with ConfigurationError where every host gave one.
 */
export function hostTurns<H>(
  hosts: readonly H[],
  { what, nameOf }: { readonly what: string; readonly nameOf: (host: H) => string },
): <T>(dial: (host: H) => Promise<T>) => Promise<T> {
  let last = 0
  return async (dial) => {
    const failures: Failure[] = []
    const order = [...hosts.entries()]
    for (const [index, host] of [...order.slice(last), ...order.slice(0, last)]) {
      try {
        const dialled = await dial(host)
        last = index
        return dialled
      } catch (error) {
        failures.push({ where: nameOf(host), error })
      }
    }
    const [first] = failures
    const allRefuse = failures.every(({ error }) => error instanceof ConfigurationError)
    if (failures.length === 1 || allRefuse) throw first?.error
    throw new Error(`${what} can be used at none of its hosts: ${failures.map(told).join('; ')}`, {
      cause: first?.error,
    })
  }
}

function told({ where, error }: Failure): string {
  const message = error instanceof Error ? error.message || error.name : String(error)
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  return `${where}: ${message}${code}`
}
