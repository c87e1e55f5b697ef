/** The fields of an answer to INFO or CLUSTER INFO: lines `name:value`, and headings `# Name`, which come as names without a value. */
export function parseRedisInfo(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1))
    else if (line !== '') fields.set(line, '')
  }
  return fields
}

/** Numbers of the databases that hold keys, in order. Undefined where the answer has no such section at all. */
export function databaseNumbers(info: ReadonlyMap<string, string>): readonly number[] | undefined {
  if (!info.has('# Keyspace')) return undefined
  const numbers: number[] = []
  for (const [name, value] of info) {
    const number = /^db(\d{1,9})$/.exec(name)?.[1]
    if (number !== undefined && /^keys=[1-9]/.test(value)) numbers.push(Number(number))
  }
  return numbers.toSorted((a, b) => a - b)
}
