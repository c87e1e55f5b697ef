import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { visibilityOf } from '../../src/engines/mysql-visibility.ts'
import { findMariadb, type MariadbServer, startMariadb } from '../fixtures/mariadb.ts'
import { openSession, PASSWORD } from './engine-session.ts'

const skip = findMariadb() === undefined && 'MariaDB is not on this machine (Debian: mariadb-server)'

describe('what a MySQL account sees', { skip, timeout: 120_000 }, () => {
  let server: MariadbServer
  before(async () => {
    server = await startMariadb()
    for (const name of ['shop', 'crm', 'payroll']) await server.query(`CREATE DATABASE ${name}`)
    await server.query('CREATE TABLE crm.t (a int)')
  })
  after(() => server[Symbol.asyncDispose]())

  const create = async (user: string, ...grants: string[]) => {
    await server.query(`CREATE USER ${user} IDENTIFIED BY '${PASSWORD}'`)
    for (const grant of grants) await server.query(`${grant} TO ${user}`)
  }
  const list = async (user: string) => {
    await using session = await openSession({ engine: 'MariaDB', port: server.port, user })
    const listing = await session.listDatabases()
    return { ...listing, names: [...listing.databases].filter(({ system }) => !system).map(({ name }) => name) }
  }
  const ALL = ['crm', 'payroll', 'shop']

  test('a grant on one database shows that one, says so, and the grant in the warning mends it', async () => {
    await create('one@localhost')
    await server.query("CREATE USER `o'n``e@x`@`127.0.0.%` IDENTIFIED BY '" + PASSWORD + "'")
    await server.query("GRANT SELECT ON shop.* TO `o'n``e@x`@`127.0.0.%`")
    const narrow = await list("o'n`e@x")
    assert.deepEqual(narrow.names, ['shop'])
    assert.equal(narrow.visibility, 'partial')
    const [warning] = narrow.warnings
    assert.equal(warning?.code, 'MySQL.ShowDatabasesMissing')
    assert.equal(warning.grant, "GRANT SHOW DATABASES ON *.* TO `o'n``e@x`@`127.0.0.%`")
    await server.query(warning.grant)
    const afterwards = await list("o'n`e@x")
    assert.deepEqual(afterwards.names, ALL)
    assert.equal(afterwards.visibility, 'complete')
    assert.deepEqual(afterwards.warnings, [])
  })

  test('no privilege at all, and one table only, are partial too', async () => {
    await create('`none`@`%`')
    await create('`table`@`%`', 'GRANT SELECT ON crm.t')
    assert.deepEqual(await namesAndVisibility('none'), [[], 'partial'])
    assert.deepEqual(await namesAndVisibility('table'), [['crm'], 'partial'])
  })

  test('a privilege that comes by a default role counts', async () => {
    await server.query('CREATE ROLE lister')
    await server.query('GRANT SHOW DATABASES ON *.* TO lister')
    await create('`member`@`%`', 'GRANT lister')
    assert.deepEqual(await namesAndVisibility('member'), [[], 'partial'], 'a role that is not active gives nothing')
    await server.query('SET DEFAULT ROLE lister FOR `member`@`%`')
    assert.deepEqual(await namesAndVisibility('member'), [ALL, 'complete'])
  })

  test('for each global privilege the answer is what the server really shows', async () => {
    const rows = await server.query('SHOW PRIVILEGES')
    const globals = rows.flatMap((row) => {
      const context = String(row['Context'])
      const privilege = String(row['Privilege'])
      // "Grant option" is no privilege to give, "Usage" is none, and PROXY has a form of its own.
      if (/^(grant option|usage|proxy)$/i.test(privilege)) return []
      return /Server|Databases|Tables|Functions/.test(context) ? [privilege] : []
    })
    assert.ok(globals.length > 25, `only ${globals.length} privileges`)
    const seen = new Set<string>()
    for (const [index, privilege] of [...globals, 'ALL PRIVILEGES'].entries()) {
      const user = `p${index}`
      await create(`\`${user}\`@\`%\``, `GRANT ${privilege} ON *.*`)
      const { names, visibility } = await list(user)
      const complete = names.length === ALL.length
      assert.equal(visibility, complete ? 'complete' : 'partial', `${privilege} shows ${names.join(', ')}`)
      seen.add(visibility)
    }
    assert.deepEqual([...seen].toSorted(), ['complete', 'partial'])
  })

  const namesAndVisibility = async (user: string) => {
    const { names, visibility } = await list(user)
    return [names, visibility]
  }
})

test('grants that cannot be read, or that MySQL 8 takes back in part, leave it unknown', () => {
  assert.equal(visibilityOf(undefined, 'gw@%').visibility, 'unknown')
  assert.equal(visibilityOf([], undefined).warnings[0]?.grant, undefined)
  const revoked = ['GRANT SELECT, SHOW DATABASES ON *.* TO `gw`@`%`', 'REVOKE SELECT ON `payroll`.* FROM `gw`@`%`']
  assert.equal(visibilityOf(revoked, 'gw@%').warnings[0]?.code, 'MySQL.PartialRevokes')
  assert.equal(visibilityOf(revoked, 'gw@%').visibility, 'unknown')
  assert.equal(visibilityOf(revoked, 'gw@%').warnings[0]?.grant, undefined, 'SHOW DATABASES would not mend it')
  assert.equal(visibilityOf(['GRANT USAGE ON *.* TO `gw`@`%`', String(revoked[1])], 'gw@%').visibility, 'partial')
  assert.equal(visibilityOf([String(revoked[0])], 'gw@%').visibility, 'complete')
  // A name cannot pretend to be a privilege.
  const tricky = ['GRANT SELECT ON `SHOW DATABASES ON *.* TO `.* TO `gw`@`%`', 'GRANT USAGE ON *.* TO `gw`@`%`']
  assert.equal(visibilityOf(tricky, 'gw@%').visibility, 'partial')
})
