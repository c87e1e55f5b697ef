/** npm run test:clients [-- LANGUAGE…] — the set-up, then the official clients of other languages, installed where they are not. Runs on Node 20 and later. */
import { installDebianPackages } from './debian-packages.mjs'
import { launch } from './setup/launch.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

const FOLDER = 'test/clients/'

try {
  const node = await prepare()
  await installDebianPackages()
  process.env.POSTERN_INSTALL_CLIENTS = 'yes'
  process.env.POSTERN_FILE_DEADLINE_MS = String(15 * 60_000)
  const languages = process.argv.slice(2).map((language) => `${FOLDER}${language.toLowerCase()}.`)
  launch(node, ['scripts/test/main.ts', ...(languages.length > 0 ? languages : [FOLDER])])
} catch (error) {
  reportFailure(error)
  process.exitCode = 1
}
