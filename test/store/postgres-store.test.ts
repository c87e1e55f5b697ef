import { after, test } from 'node:test'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { postgresPlaces } from './postgres-place.ts'
import { fullSuite } from './postgres-full-suite.ts'
import { storeSuite } from './store-suite.ts'

const wanted = (process.env['STORES'] ?? 'postgres').split(',').includes('postgres')

if (!wanted) test('postgres store', { skip: 'STORES does not name postgres' })
else if (findPostgresql() === undefined) test('postgres store', { skip: 'PostgreSQL is not on this machine' })
else {
  const places = postgresPlaces()
  after(() => places[Symbol.asyncDispose]())
  // Every step of a life is many round trips.
  storeSuite('postgres', places.open, { lives: 2, full: false })
  fullSuite(places)
}
