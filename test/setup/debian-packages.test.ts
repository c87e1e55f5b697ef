import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ROOT, runScript } from './script-process.ts'

const INSTALL = join(ROOT, 'scripts', 'setup', 'install-debian-packages.sh')

/** A folder of stand-ins that comes first in PATH, so that nothing on this machine is installed or changed. */
async function plantMachine(t: TestContext, programs: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'machine-'))
  t.after(() => rm(folder, { recursive: true }))
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await mkdir(join(folder, 'sbin'))
  for (const [name, body] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${body}\n`)
    await chmod(join(bin, name), 0o755)
  }
  const policy = join(folder, 'sbin', 'policy-rc.d')
  const env = {
    PATH: bin + delimiter + (process.env.PATH ?? ''),
    POSTERN_POLICY_FILE: policy,
    LOG: join(folder, 'log'),
  }
  return { folder, policy, env, log: () => readFile(env.LOG, 'utf8').catch(() => '') }
}

const APT_GET = `
case "$*" in
  *update*) echo "update" >>"$LOG" ;;
  *install*) "$POSTERN_POLICY_FILE"; echo "policy $?: $*" >>"$LOG"; exit \${APT_ENDS:-0} ;;
esac`

test('installs under a policy that starts no service, and takes the policy away', async (t) => {
  const machine = await plantMachine(t, { 'apt-get': APT_GET })
  const { code } = await runScript('sh', [INSTALL, 'one', 'two'], { env: machine.env })
  assert.equal(code, 0)
  assert.match(await machine.log(), /^update\npolicy 101: install -y .*--no-remove.* one two\n$/)
  assert.deepEqual(await readdir(join(machine.folder, 'sbin')), [])
})

test('a policy that was there is put back, also after a failed installation', async (t) => {
  const machine = await plantMachine(t, { 'apt-get': APT_GET })
  await writeFile(machine.policy, '#!/bin/sh\nexit 104\n')
  for (const ends of ['0', '100']) {
    const { code } = await runScript('sh', [INSTALL, 'one'], { env: { ...machine.env, APT_ENDS: ends } })
    assert.equal(code, Number(ends))
    assert.deepEqual(await readdir(join(machine.folder, 'sbin')), ['policy-rc.d'])
    assert.match(await readFile(machine.policy, 'utf8'), /exit 104/)
  }
})

test('a policy that was there is put back after SIGTERM, and by the next run after SIGKILL', async (t) => {
  // exec: the signal must end what the script waits for, as it does for the process group on a terminal.
  const stalling = 'case "$*" in *install*) kill -"$SIGNAL" $PPID; sleep 0.2 ;; esac'
  const machine = await plantMachine(t, { 'apt-get': stalling })
  await writeFile(machine.policy, 'mine\n')
  const terminated = await runScript('sh', [INSTALL, 'one'], { env: { ...machine.env, SIGNAL: 'TERM' } })
  assert.equal(terminated.code, 143)
  assert.equal(await readFile(machine.policy, 'utf8'), 'mine\n')

  await runScript('sh', [INSTALL, 'one'], { env: { ...machine.env, SIGNAL: 'KILL' } })
  assert.match(await readFile(machine.policy, 'utf8'), /exit 101/)
  await runScript('sh', [INSTALL, 'one'], { env: { ...machine.env, SIGNAL: '0' } })
  assert.equal(await readFile(machine.policy, 'utf8'), 'mine\n')
})

test('a policy of a killed run that found none is taken away by the next', async (t) => {
  const machine = await plantMachine(t, {
    'apt-get': 'case "$*" in *install*) kill -"$SIGNAL" $PPID; sleep 0.2 ;; esac',
  })
  await runScript('sh', [INSTALL, 'one'], { env: { ...machine.env, SIGNAL: 'KILL' } })
  assert.match(await readFile(machine.policy, 'utf8'), /exit 101/)
  await runScript('sh', [INSTALL, 'one'], { env: { ...machine.env, SIGNAL: '0' } })
  assert.deepEqual(await readdir(join(machine.folder, 'sbin')), [])
})

const INSTALLED = (names: string) => `for name in ${names}; do echo "installed $name"; done`
const ALL_BUT_ONE = `${INSTALLED('mariadb-server pgbouncer redis-server nats-server haproxy nginx-light chromium-headless-shell fonts-wqy-microhei zsh fish')}; exit 1`

function checkPackages(env: NodeJS.ProcessEnv) {
  return runScript(process.execPath, [join(ROOT, 'scripts', 'debian-packages.mjs')], { env })
}

test('names what it installs before it does, and only what is missing', async (t) => {
  const machine = await plantMachine(t, {
    'dpkg-query': ALL_BUT_ONE,
    'apt-get': APT_GET,
    sudo: 'shift; exec "$@"',
  })
  const { stdout, code } = await checkPackages({ ...machine.env, POSTERN_NO_APT: '' })
  assert.equal(code, 0)
  assert.match(stdout, /^Installing Debian packages: postgresql \(no service is started\)/)
  assert.match(await machine.log(), /policy 101: install .* postgresql\n$/)
})

test('says nothing and asks for nothing where all is there', async (t) => {
  const all = INSTALLED(
    'mariadb-server postgresql pgbouncer redis-server nats-server haproxy nginx-light chromium-headless-shell fonts-wqy-microhei zsh fish',
  )
  const machine = await plantMachine(t, { 'dpkg-query': all, 'apt-get': APT_GET })
  const { stdout } = await checkPackages(machine.env)
  assert.equal(stdout, '')
  assert.equal(await machine.log(), '')
})

test('POSTERN_NO_APT=1 and a failing apt-get end in a word on what is skipped', async (t) => {
  const machine = await plantMachine(t, {
    'dpkg-query': ALL_BUT_ONE,
    'apt-get': APT_GET,
    sudo: 'shift; exec "$@"',
  })
  const forbidden = await checkPackages({ ...machine.env, POSTERN_NO_APT: '1' })
  assert.match(forbidden.stdout, /Missing: postgresql \(POSTERN_NO_APT=1[^]*real PostgreSQL are skipped/)
  assert.equal(await machine.log(), '')
  const failed = await checkPackages({ ...machine.env, POSTERN_NO_APT: '', APT_ENDS: '100' })
  assert.equal(failed.code, 0)
  assert.match(failed.stdout, /Missing: postgresql \(apt-get failed\)/)
})
