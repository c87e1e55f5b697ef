/**
 * The Debian packages that the tests take their real servers and shells from. Also runs alone: node scripts/debian-packages.mjs
 * POSTERN_NO_APT=1 leaves the machine as it is.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT, reportFailure } from './setup/prepare.mjs'
import { runCommand } from './setup/run-command.mjs'
import { withSetupLock } from './setup/setup-lock.mjs'

const INSTALL_DEADLINE_MS = 10 * 60_000

const PACKAGES = [
  { name: 'mariadb-server', program: 'mariadbd', gives: 'MariaDB' },
  { name: 'postgresql', program: 'postgres', gives: 'PostgreSQL' },
  { name: 'pgbouncer', program: 'pgbouncer', gives: 'PgBouncer' },
  { name: 'redis-server', program: 'redis-server', gives: 'Redis' },
  { name: 'nats-server', program: 'nats-server', gives: 'NATS' },
  { name: 'haproxy', program: 'haproxy', gives: 'HAProxy' },
  { name: 'nginx-light', program: 'nginx', gives: 'nginx' },
  { name: 'chromium-headless-shell', program: 'chromium-headless-shell', gives: 'Chromium' },
  { name: 'fonts-wqy-microhei', program: 'fc-list', gives: 'Chinese font' },
  { name: 'zsh', program: 'zsh', gives: 'zsh' },
  { name: 'fish', program: 'fish', gives: 'fish' },
]

/**
 * Installs what is missing where that can be done without asking (as root or with sudo -n), and says so before.
 * Elsewhere it says what is missing; the tests that need it skip themselves and are counted.
 */
export async function installDebianPackages(say = console.log) {
  if ((await missing()).length === 0) return
  await withSetupLock(ROOT, { say }, async () => {
    const packages = await missing()
    if (packages.length === 0) return
    const names = packages.map(({ name }) => name)
    const obstacle = await whatForbidsInstalling()
    if (obstacle !== undefined) return say(withoutThem(packages, obstacle))
    say(`Installing Debian packages: ${names.join(', ')} (no service is started) …`)
    const failure = await install(names)
    if (failure !== undefined) say(`${failure}\n${withoutThem(packages, 'apt-get failed')}`)
  })
}

/** Asked of dpkg where there is one, else by looking for the programs. */
async function missing() {
  const args = ['-W', '-f', '${db:Status-Status} ${Package}\\n', ...PACKAGES.map(({ name }) => name)]
  const query = await runCommand('dpkg-query', args, { timeoutMs: 30_000 })
  if (query.missing) return PACKAGES.filter(({ program }) => !isProgramThere(program))
  const lines = query.output.split('\n')
  return PACKAGES.filter(({ name }) => !lines.includes(`installed ${name}`))
}

function isProgramThere(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  return folders.some((folder) => folder !== '' && existsSync(join(folder, program)))
}

async function whatForbidsInstalling() {
  if (process.env.POSTERN_NO_APT === '1') return 'POSTERN_NO_APT=1 forbids installing'
  if ((await runCommand('apt-get', ['--version'])).code !== 0) return 'this machine has no apt-get'
  if (process.getuid?.() === 0) return undefined
  return (await runCommand('sudo', ['-n', 'true'])).code === 0
    ? undefined
    : 'installing needs root, or sudo without a password'
}

async function install(names) {
  const script = join(ROOT, 'scripts', 'setup', 'install-debian-packages.sh')
  const command = process.getuid?.() === 0 ? ['sh', script, ...names] : ['sudo', '-n', 'sh', script, ...names]
  const [program, ...args] = command
  const { code, output } = await runCommand(program, args, { timeoutMs: INSTALL_DEADLINE_MS })
  return code === 0 ? undefined : output.slice(-2_000)
}

function withoutThem(packages, obstacle) {
  const names = packages.map(({ name }) => name).join(' ')
  const servers = packages.map(({ gives }) => gives).join(' and ')
  return `Missing: ${names} (${obstacle}). Tests that need a real ${servers} are skipped.\nTo run them: apt-get install ${names}`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    await installDebianPackages()
  } catch (error) {
    reportFailure(error)
    process.exitCode = 1
  }
}
