import { printable, table } from './table.ts'

/** The steps of an attempt as a table, and below it what is wrong and how to mend it. */
export function ladderText(
  steps: readonly { readonly name: string; readonly status: string; readonly ms?: number | undefined }[],
  problems: readonly { readonly code: string; readonly message: string; readonly mend?: string | undefined }[],
): string {
  const rows = steps.map((step) => [step.name, step.status, step.ms === undefined ? '' : `${step.ms} ms`])
  const lines = problems.flatMap(({ code, message, mend }) => [
    printable(`${code}: ${message}`),
    ...(mend === undefined ? [] : [`  to mend: ${printable(mend)}`]),
  ])
  return [table(['STEP', 'RESULT', 'TIME'], rows), ...lines].join('\n')
}
