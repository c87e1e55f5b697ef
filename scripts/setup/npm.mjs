import { delimiter, dirname, join } from 'node:path'
import { runCommand } from './run-command.mjs'
import { SetupError } from './setup-error.mjs'

const DEADLINE_MS = 10 * 60_000

/** The environment in which npm and everything below it runs on `node`, with its cache inside the clone. */
function npmEnvironment(node, cache) {
  return {
    ...process.env,
    PATH: dirname(node) + delimiter + (process.env.PATH ?? ''),
    npm_config_cache: cache,
    npm_config_loglevel: 'error',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    // Three quick tries: without a network the default would be silent for over a minute.
    npm_config_fetch_retries: '3',
    npm_config_fetch_retry_mintimeout: '1000',
    npm_config_fetch_retry_maxtimeout: '8000',
  }
}

/** `npm ci` in `folder`. No install script runs, so nothing is fetched but the packages of the lock file. */
export async function npmCi(folder, { node, cache, what, onlyProduction = false }) {
  const args = ['ci', '--ignore-scripts', onlyProduction ? '--omit=dev' : '--include=dev', '--include=optional']
  const options = { cwd: folder, env: npmEnvironment(node, cache), timeoutMs: DEADLINE_MS }
  const { code, missing, output } = await runCommand('npm', args, options)
  if (code === 0) return
  if (missing) {
    throw new SetupError('npm was not found.', {
      advice: 'Install Node.js 20 or later together with npm, then try again.',
    })
  }
  throw new SetupError(`${what} could not be installed.`, { detail: output.slice(-2_000), advice: adviceFor(output) })
}

export function npmCache(root) {
  return join(root, '.tools', 'npm-cache')
}

function adviceFor(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT/.test(output)) {
    return 'npm cannot reach its registry. Check the network, HTTPS_PROXY and `npm config get registry`, then try again.'
  }
  if (/EINTEGRITY/.test(output)) {
    return 'What the registry sent is not what this version pins. Do not work around it: check `npm config get registry`.'
  }
  if (/ENOSPC/.test(output)) return 'The disk is full. About 700 MB are needed in the clone.'
  if (/EUSAGE/.test(output))
    return 'package.json and package-lock.json do not match. Run `npm install` with Node 24 and commit both.'
  if (/E404/.test(output)) return 'The registry does not have that package. Check `npm config get registry`.'
  return 'Read the lines above, then run `npm run setup` again.'
}
