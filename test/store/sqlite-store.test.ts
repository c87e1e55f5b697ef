import { test } from 'node:test'
import { openSqlite } from './sqlite-place.ts'
import { storeSuite } from './store-suite.ts'

if ((process.env['STORES'] ?? 'sqlite').split(',').includes('sqlite')) storeSuite('sqlite', openSqlite)
else test('sqlite store', { skip: 'STORES does not name sqlite' })
