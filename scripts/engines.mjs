/** npm run test:engines [-- ENGINE…] — the set-up, the Debian packages, several versions of PostgreSQL, then scripts/test/engines.ts. Runs on Node 20 and later. */
import { installDebianPackages } from './debian-packages.mjs'
import { launch } from './setup/launch.mjs'
import { postgresqlVersions } from './setup/postgresql-versions.mjs'
import { prepare, reportFailure } from './setup/prepare.mjs'

try {
  const node = await prepare()
  await installDebianPackages()
  const engines = process.argv.slice(2)
  const wanted = engines.length === 0 || engines.some((name) => name.toLowerCase() === 'postgresql')
  const env = wanted ? { POSTERN_TEST_POSTGRESQL_VERSIONS: JSON.stringify(await postgresqlVersions(node)) } : {}
  launch(node, ['scripts/test/engines.ts', ...engines], env)
} catch (error) {
  reportFailure(error)
  console.log('0 passed, 1 failed, 0 skipped')
  process.exitCode = 1
}
