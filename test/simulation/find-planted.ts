import { spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PlantedFault } from './planted-faults.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const COPIED = ['src', 'test', 'migrations', 'package.json', 'tsconfig.json']
const DEADLINE_MS = 15 * 60_000

export interface PlantedVerdict {
  readonly found: boolean
  /** The seed and what it says, or what went wrong. */
  readonly text: string
}

/** Breaks a copy of the sources and runs seeds until one fails, at most so many. */
export async function findPlanted(fault: PlantedFault, { seeds }: { readonly seeds: number }): Promise<PlantedVerdict> {
  const copy = await mkdtemp(join(tmpdir(), 'postern-simulation-'))
  try {
    for (const path of COPIED) await cp(join(ROOT, path), join(copy, path), { recursive: true })
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    for (const { file, find, replace } of fault.edits) {
      const path = join(copy, file)
      const text = await readFile(path, 'utf8')
      if (text.split(find).length !== 2) return { found: false, text: `${file} must have this once: ${find}` }
      await writeFile(
        path,
        text.replace(find, () => replace),
      )
    }
    const output = await run(join(copy, 'test', 'simulation', 'main.ts'), [
      '--seeds',
      String(seeds),
      '--jobs',
      '1',
      '--first',
    ])
    const line = output.split('\n').find((each) => /^seed \d+/.test(each))
    if (line === undefined) return { found: false, text: `${seeds} seeds, none fails: ${output.slice(-500)}` }
    return { found: fault.says.test(line), text: line }
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

function run(script: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: DEADLINE_MS,
    })
    let output = ''
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString('utf8')
    })
    child.stderr.on('data', (data: Buffer) => {
      output += data.toString('utf8')
    })
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}
