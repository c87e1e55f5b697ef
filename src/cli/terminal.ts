/** Where a command reads and writes; stdout holds what was asked for and nothing else. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** stderr is a terminal, so progress may be shown. */
  readonly interactive: boolean
  /** Puts a question to the person at the terminal; left out where there is none, in a pipe for example. */
  readonly ask?: (question: string) => Promise<string>
}

const FRAMES = ['|', '/', '-', '\\']

/** One line on a terminal that is gone at the end; nothing in a pipe. */
export async function withProgress<T>(
  terminal: Terminal,
  what: string,
  work: (say: (text: string) => void) => Promise<T>,
): Promise<T> {
  if (!terminal.interactive) return work(() => {})
  let note = ''
  let frame = 0
  const started = performance.now()
  const draw = () => {
    const seconds = ((performance.now() - started) / 1000).toFixed(0)
    terminal.err(`\r\u001b[2K${FRAMES[frame++ % FRAMES.length]} ${what} (${seconds} s) ${note}`.slice(0, 200))
  }
  const timer = setInterval(draw, 200)
  try {
    return await work((text) => {
      note = text
    })
  } finally {
    clearInterval(timer)
    terminal.err('\r\u001b[2K')
  }
}
