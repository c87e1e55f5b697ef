import type { Wait } from './sample-request.ts'

export const KEY_VARIABLES = 'ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET'

/** The lines that every shell sample begins with; `needs` is a sentence. */
export const scriptHead = (needs: string) => `#!/bin/sh
# ${needs}
# The AccessKey is read from ${KEY_VARIABLES}.
set -eu
: "\${ALIBABA_CLOUD_ACCESS_KEY_ID:?is not set}" "\${ALIBABA_CLOUD_ACCESS_KEY_SECRET:?is not set}"
`

/** `read` is a command that asks for the task in `$task`; one answer may take as long as the server holds it. */
export function createThenWait(create: string, { read, wait }: { read: string; wait: Wait }): string {
  return `created=$(${create})
printf '%s\\n' "$created"
task=$(printf '%s\\n' "$created" | sed -n 's/.*"TaskId": *\\([0-9][0-9]*\\).*/\\1/p')
[ -n "$task" ] || exit 1

round=0
while [ "$round" -lt ${wait.rounds} ]; do
  answer=$(${read.replaceAll(' \\\n', ' \\\n  ')})
  case $answer in *'"ErrCode"'*'"Task.NotFinished"'*) round=$((round + 1)) ;; *) break ;; esac
done
printf '%s\\n' "$answer"
`
}

/** A command on one line, or with a line for each word where that is too long. */
export function commandLine(words: readonly string[]): string {
  const line = words.join(' ')
  return line.length <= 100 && !line.includes('\n') ? line : words.join(' \\\n  ')
}
