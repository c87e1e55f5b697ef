export interface Failure {
  readonly title: string
  readonly text: string
}

/** How one test file or one static check ended. */
export interface Report {
  readonly name: string
  readonly passed: number
  readonly failures: readonly Failure[]
  readonly skips: readonly { readonly title: string; readonly reason: string }[]
  /** What it printed; shown only beside a failure. */
  readonly output: string
  readonly ms: number
}

const SLOWEST = 5
/** Of each failure in the summary: enough to know it by where the lines above are cut off. */
const SUMMARY_LINES = 6
const NAME_WIDTH = 58

/** One line, and below it every failure in full. */
export function formatReport(report: Report): string {
  const counts = [
    `${report.passed} passed`,
    ...(report.failures.length > 0 ? [`${report.failures.length} FAILED`] : []),
    ...(report.skips.length > 0 ? [`${report.skips.length} skipped`] : []),
  ].join(', ')
  const head = `${report.name.padEnd(NAME_WIDTH)} ${seconds(report.ms).padStart(8)}  ${counts}`
  if (report.failures.length === 0) return head
  const failures = report.failures.map(({ title, text }) => `  ✖ ${title}\n${indent(text)}`)
  const output = report.output === '' ? [] : [`  it printed:\n${indent(report.output)}`]
  return [head, ...failures, ...output, ''].join('\n')
}

/** What stands below the list: the slowest files, the skips with their reasons, what failed and how it begins, and the counts alone on the last line. */
export function formatSummary(reports: readonly Report[]): string {
  const slowest = reports.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST)
  const skips = reports.flatMap(({ name, skips: of }) => of.map((skip) => `  ${name}: ${skip.title} (${skip.reason})`))
  const failures = reports.flatMap(({ name, failures: of }) =>
    of.map(({ title, text }) => `  ${name}: ${title}\n${indent(firstLines(text))}`),
  )
  const { passed, failed, skipped } = countAll(reports)
  return [
    '',
    ...(reports.length > SLOWEST
      ? [`Slowest: ${slowest.map(({ name, ms }) => `${name} ${seconds(ms)}`).join(', ')}`]
      : []),
    ...(skips.length > 0 ? ['Skipped:', ...skips] : []),
    ...(failures.length > 0 ? ['Failed:', ...failures] : []),
    `${passed} passed, ${failed} failed, ${skipped} skipped`,
  ].join('\n')
}

export function countAll(reports: readonly Report[]): { passed: number; failed: number; skipped: number } {
  return {
    passed: sum(reports.map((report) => report.passed)),
    failed: sum(reports.map((report) => report.failures.length)),
    skipped: sum(reports.map((report) => report.skips.length)),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function firstLines(text: string): string {
  return text.split('\n').slice(0, SUMMARY_LINES).join('\n')
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '    ')
}
