import { spawn } from 'node:child_process'
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { type SampleLanguage, TEMPLATES } from '../../src/samples/sample-code.ts'
import { GO } from '../clients/go.ts'
import { installedProgram } from '../clients/installed-program.ts'
import { JAVA } from '../clients/java.ts'
import { ALONE, PYTHON } from '../clients/python.ts'
import type { Place, Toolchain } from '../clients/toolchain.ts'
import { findProgram } from '../fixtures/find-program.ts'
import { type Finished, PROGRAM } from '../fixtures/process.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const DEADLINE_MS = 60_000

/** How the samples of a language are run where they are in a folder of their own. */
interface Language {
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** What a reader does once, by the first lines of the sample. */
  prepare?(folder: string): Promise<void>
}

/** Why samples cannot be run here. */
interface Missing {
  readonly missing: string
}

const SHELL: Language = { command: ['sh', TEMPLATES.curl.file] }

const of = (toolchain: Toolchain, language: (place: Place) => Language) => async (): Promise<Language | Missing> => {
  const program = await installedProgram(toolchain)
  return 'missing' in program ? program : language(program.place)
}

/** One entry for each language; nothing is installed but what `npm run test:clients` installs anyway. */
const LANGUAGES: Readonly<Record<SampleLanguage, () => Promise<Language | Missing>>> = {
  curl: async () => {
    const absent = ['curl', 'openssl'].find((tool) => findProgram(tool) === undefined)
    return absent === undefined ? SHELL : { missing: `${absent} is not on this machine` }
  },
  aliyun: async () => (findProgram('aliyun') === undefined ? { missing: 'aliyun is not on this machine' } : SHELL),
  node: async () => ({
    command: [process.execPath, TEMPLATES.node.file],
    prepare: (folder) => symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules')),
  }),
  postern: async () => ({
    ...SHELL,
    async prepare(folder) {
      const command = `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, PROGRAM)}' "$@"\n`
      await mkdir(join(folder, 'bin'))
      await writeFile(join(folder, 'bin', 'postern'), command)
      await chmod(join(folder, 'bin', 'postern'), 0o700)
    },
  }),
  python: of(PYTHON, ({ built }) => ({ command: [...ALONE, TEMPLATES.python.file], env: { PYTHONPATH: built } })),
  go: of(GO, ({ source, fetched }) => ({
    command: ['go', 'run', '.'],
    env: {
      GOMODCACHE: join(fetched, 'modules'),
      GOCACHE: join(fetched, 'compiled'),
      GOFLAGS: '-modcacherw -mod=readonly',
      GOPROXY: 'off',
      GOTOOLCHAIN: 'local',
    },
    async prepare(folder) {
      for (const name of ['go.mod', 'go.sum']) await copyFile(join(source, name), join(folder, name))
    },
  })),
  java: of(JAVA, ({ built }) => ({
    command: [
      'java',
      '-XX:-UsePerfData',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      join(built, 'jars', '*'),
      TEMPLATES.java.file,
    ],
  })),
}

/** Writes a sample as its reader does, and runs it to its end. */
export interface SampleRunner {
  run(sample: string, env: Readonly<Record<string, string>>): Promise<Finished>
}

export const languageHere = (name: SampleLanguage): Promise<Language | Missing> => LANGUAGES[name]()

/** In a folder that exists already, kept for all samples of the language. */
export async function sampleRunner(name: SampleLanguage, language: Language, parent: string): Promise<SampleRunner> {
  const folder = join(parent, name)
  await mkdir(folder)
  await language.prepare?.(folder)
  const [program, ...args] = language.command
  return {
    async run(sample, env) {
      await writeFile(join(folder, TEMPLATES[name].file), sample)
      const child = spawn(program, args, {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          // A proxy of this machine is for nobody on loopback; tools keep their settings in the folder.
          NO_PROXY: '127.0.0.1',
          no_proxy: '127.0.0.1',
          HOME: folder,
          ...language.env,
          PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter),
          ...env,
        },
      })
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS)
      await once(child, 'close').finally(() => clearTimeout(timer))
      return { code: child.exitCode, stdout, stderr }
    },
  }
}
