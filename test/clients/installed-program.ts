import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Place, runTool, type Toolchain } from './toolchain.ts'

const HERE = import.meta.dirname
/** Not of the checkout: what is fetched stays from run to run. */
const CACHE = process.env['POSTERN_TEST_CACHE'] ?? join(HERE, '..', '..', '.tools', 'cache')
/** Set by `npm run test:clients`; without it nothing is fetched. */
const MAY_INSTALL = process.env['POSTERN_INSTALL_CLIENTS'] === 'yes'

/** What starts the program of a language, or why it cannot be started here. Rejects where it does not compile. */
export async function installedProgram(
  toolchain: Toolchain,
): Promise<{ readonly command: readonly [string, ...string[]]; readonly place: Place } | { readonly missing: string }> {
  const { language } = toolchain
  if (!MAY_INSTALL && !toolchain.inShortRun) return { missing: `${language}: only with npm run test:clients` }
  for (const tool of toolchain.tools) {
    const said = await runTool(tool).catch((error: unknown) => error)
    if (said instanceof Error) return { missing: `${language}: ${tool.join(' ')} does not run on this machine` }
  }
  const source = join(HERE, toolchain.source)
  const home = join(CACHE, 'clients', toolchain.source)
  const place = { source, fetched: join(home, 'fetched'), built: join(home, await stampOf(source)) }
  if (!existsSync(place.built)) {
    if (!MAY_INSTALL) return { missing: `${language}: its clients are not installed; npm run test:clients does it` }
    const failed = await install(toolchain, place)
    if (failed !== undefined) return { missing: `${language}: its clients could not be fetched. ${failed}` }
  }
  return { command: toolchain.command(place), place }
}

/** Made aside, then renamed: what is there is whole. Returns why nothing could be fetched. */
async function install(toolchain: Toolchain, place: Place): Promise<string | undefined> {
  await mkdir(place.fetched, { recursive: true })
  const aside = { ...place, built: await mkdtemp(`${place.built}-`) }
  try {
    try {
      await toolchain.fetch(aside)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
    await toolchain.build(aside)
    await rename(aside.built, place.built).catch((error: unknown) => {
      // Another test was faster; it made the same.
      if (!existsSync(place.built)) throw error
    })
    return undefined
  } finally {
    await rm(aside.built, { recursive: true, force: true })
  }
}

/** Another program or manifest is another installation. */
async function stampOf(source: string): Promise<string> {
  const hash = createHash('sha256')
  for (const name of (await readdir(source)).toSorted()) hash.update(name).update(await readFile(join(source, name)))
  return hash.digest('hex').slice(0, 16)
}
