/** So many pieces of work by so many lanes, each of which begins its next one when the last has ended; how many seconds. */
export async function driveAll(
  { count, lanes }: { readonly count: number; readonly lanes: number },
  one: () => Promise<void>,
): Promise<number> {
  const began = performance.now()
  let begun = 0
  const drive = async () => {
    while (begun++ < count) await one()
  }
  await Promise.all(Array.from({ length: lanes }, drive))
  return (performance.now() - began) / 1000
}
