import { join } from 'node:path'
import { runTool, type Toolchain } from './toolchain.ts'

/** Without what the machine has installed: the clients would take an old OpenSSL of it that does not fit theirs. */
export const ALONE = ['python3', '-S'] as const

export const PYTHON: Toolchain = {
  language: 'Python',
  source: 'python',
  manifest: 'requirements.txt',
  tools: [
    ['python3', '--version'],
    ['python3', '-m', 'pip', '--version'],
  ],
  inShortRun: true,
  fetch: ({ source, built }) =>
    runTool(['python3', '-m', 'pip', 'install', '--quiet', '--target', built, '-r', join(source, 'requirements.txt')], {
      env: { PIP_NO_INPUT: '1', PIP_RETRIES: '1', PIP_ROOT_USER_ACTION: 'ignore' },
    }),
  build: async () => {},
  command: ({ source, built }) => ['env', `PYTHONPATH=${built}`, ...ALONE, join(source, 'client-program.py')],
}
