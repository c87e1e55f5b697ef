import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { codeBlocks, shellCommands } from '../docs/code-blocks.ts'
import { makeAuthority } from '../fixtures/certificates.ts'
import { freePort } from '../fixtures/free-port.ts'
import { findMariadb, startMariadb } from '../fixtures/mariadb.ts'
import { findPostgresql, startPostgresql } from '../fixtures/postgresql.ts'
import { watchProcess } from '../fixtures/process.ts'
import { findRedis, startRedis } from '../fixtures/redis.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const page = (name: string) => readFileSync(join(ROOT, 'docs/guide', name), 'utf8')
const FIRST = page('first-list.md')
const OWN = page('own-databases.md')
const PASSWORD = 'of-the-test'
const GATEWAY = '482910573846251'

/** Commands that run until they are stopped, and what they say when they are ready. */
const RUNNING = [
  { beginning: 'bin/postern server ', name: 'server', ready: '"msg":"listening"' },
  { beginning: 'bin/postern gateway run ', name: 'gateway', ready: '"msg":"connected"' },
] as const

/** What a reader does between two commands: other terminals, Ctrl-C, an editor. */
const HEAD = `
stop() { if [ -n "\${1:-}" ] && kill "$1" 2>/dev/null; then wait "$1" || true; fi; }
trap 'stop "\${gateway:-}"; stop "\${server:-}"' EXIT
ready() {
  for attempt in $(seq 300); do
    if grep -q "$2" "$1"; then return; fi
    kill -0 "$3" 2>/dev/null || break
    sleep 0.1
  done
  cat "$1"; return 1
}`
const ENDS = `stop "$gateway"; stop "$server"
echo 'everything is stopped'`

const skip =
  (findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)') ||
  (findPostgresql() === undefined && 'PostgreSQL is not on this machine (Debian: postgresql)') ||
  (!findRedis() && 'Redis is not on this machine (Debian: redis-server)')

test("a new user's first hour: the commands of the guide, in one script, on three servers of her own", {
  skip,
}, async () => {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder('first-hour')).path
  const file = (name: string) => join(folder, name)
  const authority = makeAuthority()
  const tls = { ...authority.issue(['127.0.0.1']), ca: authority.certificate }
  const mariadb = stack.use(await startMariadb({ tls }))
  const postgresql = stack.use(await startPostgresql({ tls }))
  const redis = stack.use(await startRedis({ tls }))
  for (const name of ['crm_中文', 'shop']) await mariadb.query(`CREATE DATABASE ${name}`)
  // None of the three users has all that it needs.
  await mariadb.query(`CREATE USER postern@'%' IDENTIFIED BY '${PASSWORD}'`)
  await mariadb.query("GRANT SELECT ON shop.* TO postern@'%'")
  await postgresql.query('CREATE DATABASE warehouse')
  await postgresql.query(`CREATE ROLE postern LOGIN PASSWORD '${PASSWORD}'`)
  for (const name of ['postgres', 'template1', 'warehouse']) {
    await postgresql.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`)
  }
  await redis.command('-n', '3', 'SET', 'key', 'value')
  await redis.command('ACL', 'SETUSER', 'postern', 'on', `>${PASSWORD}`, '-@all', '+ping')

  // A clone and a package that npm installed, without the network.
  await symlink(join(ROOT, 'bin'), file('bin'))
  await symlink(join(ROOT, 'node_modules'), file('node_modules'))
  await writeFile(file('ca.pem'), authority.certificate)
  await writeFile(file('.my.cnf'), `[client]\nuser=root\npassword=${mariadb.rootPassword}\n`, { mode: 0o600 })
  const real = new Map([
    ['7070', String(await freePort())],
    ...['db1.example.net', 'db2.example.net', 'db3.example.net'].map((name) => [name, '127.0.0.1'] as const),
    ['3306', String(mariadb.port)],
    ['5432', String(postgresql.port)],
    ['6379', String(redis.tlsPort)],
    [GATEWAY, '"$id"'],
  ])
  const script = ['set -o pipefail', HEAD, ...linesOf(FIRST, real), 'stop "$gateway"', ...linesOf(OWN, real), ENDS]
  await writeFile(file('first-hour.sh'), `${script.join('\n')}\n`, { mode: 0o600 })

  const child = spawn('bash', ['-eu', 'first-hour.sh'], {
    cwd: folder,
    env: {
      PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
      HOME: folder,
      PGUSER: postgresql.rootUser,
      PGPASSWORD: postgresql.rootPassword,
      REDISCLI_AUTH: redis.rootPassword,
      LC_ALL: 'C.UTF-8',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const running = stack.use(watchProcess(child))
  const code = await running.ended
  const said = running.output()
  assert.equal(code, 0, `${said}\n${await readFile(file('gateway.log'), 'utf8').catch(() => '')}`)
  assertStory(said)
  assert.ok(!said.includes(PASSWORD), 'no password is said')
  assert.equal((await stat(file('db1.password'))).mode & 0o777, 0o600)
  // The script was a group of processes of its own.
  assert.throws(() => process.kill(-running.pid, 0), { code: 'ESRCH' })
})

/** What follows each command, in order: `$ command` was printed before it. */
function assertStory(said: string): void {
  const parts = said.split(/^\$ /m).slice(1)
  const after = (beginning: string) => parts.filter((part) => part.startsWith(beginning))

  const [enrolled = ''] = after('bin/postern gateway enroll')
  assert.match(enrolled, /^gateway \d{15} \(plant-7, region default\) is enrolled in \.\/gateway-data$/m)
  const [one = '', three = ''] = after('bin/postern config check')
  assert.match(one, /is valid: configuration of a gateway with 1 endpoint \(1 MariaDB\)/)
  assert.match(three, /is valid: configuration of a gateway with 3 endpoints \(1 MariaDB, 1 PostgreSQL, 1 Redis\)/)

  const [alone = '', lacking = '', granted = '', ...more] = after('bin/postern gateway check')
  assert.deepEqual(more, [])
  assert.match(alone, /^1 endpoint: 1 partial\n[^]*^exit code 1$/m)
  assert.match(lacking, /^shop .*: partial/m)
  assert.match(lacking, /GRANT SHOW DATABASES ON \*\.\* TO `postern`@`%`/)
  assert.match(lacking, /^billing .*: failed at login$[^]*GRANT CONNECT ON DATABASE postgres TO "postern"/m)
  assert.match(lacking, /^cache .*: failed at list$[^]*ACL SETUSER postern \+info/m)
  assert.match(lacking, /^3 endpoints: 1 partial, 2 failed\n[^]*^exit code 1$/m)
  const [, toPostgresql = '', toRedis = ''] = after('bin/postern gateway grants')
  assert.match(toPostgresql, /^GRANT$/m)
  assert.match(toRedis, /^OK$/m)
  assert.match(granted, /^3 endpoints: 3 complete$/m)
  assert.doesNotMatch(granted, /exit code/)

  for (const list of after('bin/postern gateway list')) assert.match(list, /^\d{15} +plant-7 +default +ONLINE /m)
  const [partial = '', ...complete] = after('bin/postern databases')
  assert.match(partial, /^DATABASE\n-+\nshop\n\n1 database, visibility partial, [^]*run: GRANT SHOW DATABASES/m)
  const names = complete.map((part) => /^-+\n([^]*?)\n\n\d+ databases?, visibility complete,/m.exec(part)?.[1])
  const expected = [['crm_中文', 'shop'], ['postgres', 'warehouse'], ['db3']]
  assert.deepEqual(
    names,
    expected.map((each) => each.join('\n')),
  )
  const byClient = after('node list.mjs').map((part) => part.trimEnd().split('\n')[1])
  const engines = ['MariaDB', 'PostgreSQL', 'Redis']
  assert.deepEqual(
    byClient,
    expected.map((each, index) => `${engines[index]}: ${each.join(', ')} (complete)`),
  )
  assert.match(said, /^everything is stopped$/m)
}

/** The page as a script: its files are written where it shows them, its commands run as they are but for the addresses. */
function linesOf(text: string, real: ReadonlyMap<string, string>): readonly string[] {
  const yaml = codeBlocks(text).find(({ language }) => language === 'yaml')?.text ?? assert.fail('no gateway.yaml')
  const program = codeBlocks(text).find(({ language }) => language === 'js')?.text
  return [
    ...fileLines('gateway.yaml', substitute(yaml, real)),
    ...(program === undefined ? [] : fileLines('list.mjs', program)),
    ...shellCommands(text).flatMap((command) => linesFor(command, substitute(command, real), real)),
  ]
}

const fileLines = (name: string, text: string) => [`cat > ${name} <<'END'\n${text}END`, `chmod 600 ${name}`]

function linesFor(command: string, asRun: string, real: ReadonlyMap<string, string>): readonly string[] {
  // The first is run by demo.test.ts; the second was done above.
  if (/^npm (run demo|install)\b/.test(command)) return []
  const running = RUNNING.find(({ beginning }) => command.startsWith(beginning))
  const shown = `printf '%s\\n' '$ ${command.replaceAll("'", String.raw`'\''`)}'`
  if (running !== undefined) {
    const { name, ready } = running
    // Emptied before: what the last one said there must not be taken for this one's.
    return [
      shown,
      `: > ${name}.log`,
      `${asRun} > ${name}.log 2>&1 & ${name}=$!`,
      `ready ${name}.log '${ready}' "$${name}"`,
    ]
  }
  if (command.startsWith('install -m 600 ')) return [shown, asRun, `echo '${PASSWORD}' > ${asRun.split(' ').at(-1)}`]
  if (command.startsWith('bin/postern gateway list')) {
    return [shown, `${asRun} | tee list.txt`, `id=$(grep -Eo '^[0-9]{15}' list.txt)`]
  }
  // It ends with 1 until nothing is missing. What it prints for MariaDB is then run as it stands there.
  if (command.startsWith('bin/postern gateway check')) {
    return [shown, `${asRun} 2>&1 | tee check.txt || echo "exit code $?"`]
  }
  if (command.includes('| mariadb ')) {
    const client = substitute(command.split('| ')[1] ?? '', real)
    return [shown, `grep -Eo 'GRANT SHOW DATABASES.*$' check.txt | sort -u | tee granted.sql | ${client}`, asRun]
  }
  return command.startsWith('export ') ? [asRun] : [shown, asRun]
}

/** All at once: what was put in is not looked at again. */
function substitute(text: string, real: ReadonlyMap<string, string>): string {
  return text.replaceAll(/[a-z]\w*(?:\.\w+)+|\d+/g, (word) => real.get(word) ?? word)
}
