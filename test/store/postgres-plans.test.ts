import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import {
  array,
  assert as check,
  asyncProperty,
  boolean,
  constantFrom,
  maxSafeInteger,
  oneof,
  string,
  uint8Array,
} from 'fast-check'
import postgres from 'postgres'
import { z } from 'zod'
import { literal } from '../../src/store/postgres/literal.ts'
import { loadStatements } from '../../src/store/postgres/statements.ts'
import { findPostgresql } from '../fixtures/postgresql.ts'
import { postgresPlaces } from './postgres-place.ts'

const skip = findPostgresql() === undefined && 'PostgreSQL is not on this machine'
const places = postgresPlaces()
after(() => places[Symbol.asyncDispose]())

const TASKS = 20_000
/** Of tables and indexes, for one task. Whoever walks through an index of all tasks looks at some hundred. */
const MOST_PAGES = 90

const plan = z.object({ 'Actual Rows': z.number(), 'Shared Hit Blocks': z.number(), 'Shared Read Blocks': z.number() })
const explained = z.tuple([z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: plan })]) })])
/** Of several statements the driver gives a list of lists. */
const lastOf = (results: readonly unknown[]): readonly unknown[] => {
  const last = results.at(-1)
  return Array.isArray(last) ? last : results
}

/** What a statement looks at and gives when it is carried out; nothing of it stays. */
async function measure(sql: postgres.Sql, statement: string, settings = '') {
  const results = await sql.unsafe(
    `BEGIN; ${settings} EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${statement}`,
  )
  await sql.unsafe('ROLLBACK')
  const [
    {
      'QUERY PLAN': [{ Plan: found }],
    },
  ] = explained.parse(lastOf(results))
  return { pages: found['Shared Hit Blocks'] + found['Shared Read Blocks'], rows: found['Actual Rows'] }
}

/** One task in each of the calls that servers make for every task. */
const CALLS = [
  `SELECT * FROM create_tasks('[{"ord":0,"account":"1","gateway":1,"engine":"Redis","delivery_ms":1,"execution_ms":1,"created_by":"c","request":"r","action":"a","token":"t","parameters":"p","token_expires_at":1,"nonce_key":"k","nonce":"n","nonce_expires_at":1}]', 0, 20000, 0)`,
  `SELECT * FROM claim_tasks('[{"gateway":1,"epoch":1,"total":64,"each":64}]', 0, 0, '\\x00')`,
  `SELECT * FROM claim_waiting_tasks('[{"gateway":1,"epoch":1,"total":64,"each":64}]', 0, 0, '\\x00')`,
  `SELECT * FROM accept_attempts('[{"ord":0,"gateway":1,"epoch":1,"attempt":"a20000"}]', 0, 0)`,
  `SELECT * FROM finish_tasks('[{"ord":0,"gateway":1,"epoch":1,"attempt":"a20000","state":"Succeeded","outcome_text":"{}","digest":"d","signature":"s","key":"k","parts":["YQ=="]}]', 0, 0)`,
  `SELECT * FROM finish_tasks('[{"ord":0,"gateway":1,"epoch":1,"attempt":"a5","state":"Succeeded","outcome_text":"{}","digest":"another","signature":"s","key":"k"}]', 0, 0)`,
  `SELECT * FROM find_tasks('[{"ord":0,"task":5,"account":"1"},{"ord":1,"task":19999,"account":"1"}]')`,
  `SELECT * FROM find_results('[{"ord":0,"task":5,"account":"1"}]')`,
  `SELECT * FROM find_gateways('[{"ord":0,"number":1,"account":"1"}]')`,
  `SELECT * FROM find_nonces('[{"ord":0,"key":"k","value":"5"}]')`,
  `SELECT * FROM find_access_keys('[{"ord":0,"id":"x"}]')`,
  `SELECT * FROM find_temporary_keys('[{"ord":0,"id":"5"}]')`,
] as const

describe('statements of a PostgreSQL store', { skip }, () => {
  test('a plan that was made for an empty table looks at no more rows when the table is full', async () => {
    const sql = postgres(await places.storeDatabase(), { max: 1, onnotice: () => {} })
    try {
      await sql.unsafe(
        `INSERT INTO accounts VALUES ('1', 'a', 0);
         INSERT INTO gateways (account, region, name, created_at, epoch, connected) VALUES ('1', 'r', 'n', 0, 1, true)`,
      )
      for (const call of CALLS) await sql.unsafe(`BEGIN; ${call}; ROLLBACK`)
      // All but the last have ended. Nobody has counted them: the statistics are those of empty tables.
      await sql.unsafe(
        `INSERT INTO tasks (number, account, gateway, region, engine, state, claimable, attempts, created_at, created_by,
           request, delivery_ms, delivery_deadline, execution_ms, ended_at)
         SELECT i, '1', 1, 'r', 'Redis', CASE WHEN i < ${TASKS} THEN 'Succeeded' ELSE 'Queued' END, false, 1, i, 'c', 'r',
           1, 100, 1, CASE WHEN i < ${TASKS} THEN 9 END FROM generate_series(1, ${TASKS}) i;
         INSERT INTO attempts (task, number, id, gateway, endpoint, epoch, nonce, claimed_at, state)
         SELECT i, 1, 'a' || i, 1, 'e', 1, 'n', 0, CASE WHEN i < ${TASKS} THEN 'over' ELSE 'open' END
         FROM generate_series(1, ${TASKS}) i;
         INSERT INTO outcomes SELECT i, 'a' || i, 0, '{}', 'd', 's', 'k', true FROM generate_series(1, ${TASKS} - 1) i;
         INSERT INTO results SELECT i, 0, 'a' FROM generate_series(1, ${TASKS} - 1) i;
         INSERT INTO access_keys VALUES ('key', '1', 'p', 'a', true, 0);
         INSERT INTO temporary_keys SELECT i::text, 'key', '1', 'p', 's', 'a', 'h', NULL, 0, 1 FROM generate_series(1, ${TASKS}) i;
         INSERT INTO nonces SELECT 'k', i::text, 1 FROM generate_series(1, ${TASKS}) i;
         SELECT setval('task_numbers', ${TASKS})`,
      )
      for (const call of CALLS) {
        const { pages, rows } = await measure(sql, call)
        assert.ok(pages <= MOST_PAGES, `${pages} pages: ${call}`)
        const least = /access_keys|claim_/.test(call) ? 0 : 1
        assert.ok(rows >= least, `no answer: ${call}`)
      }
    } finally {
      await sql.end()
    }
  })

  test('row 12: a database that takes no writes refuses what begins many of them, also where there is nothing to write', async () => {
    const sql = postgres(await places.storeDatabase(), { max: 1, onnotice: () => {} })
    const textOf = loadStatements()
    const common = { rows: '[]', floor: 0, now: null }
    try {
      for (const text of [
        textOf('create_tasks', { ...common, most: 1 }),
        textOf('claim_tasks', { ...common, seed: new Uint8Array(32) }),
        textOf('accept_attempts', common),
        textOf('finish_tasks', common),
      ]) {
        await assert.rejects(
          sql.unsafe(`BEGIN; SET LOCAL transaction_read_only = on; ${text}`),
          { code: '25006' },
          text,
        )
        await sql.unsafe('ROLLBACK')
      }
    } finally {
      await sql.end()
    }
  })

  test('a page of a list looks at no more tasks than it may, also where very many were made in the same millisecond', async () => {
    const sql = postgres(await places.storeDatabase(), { max: 1, onnotice: () => {} })
    const textOf = loadStatements()
    const moment = 1_000
    try {
      await sql.unsafe(
        `INSERT INTO tasks (number, account, gateway, region, engine, state, claimable, created_at, created_by, request,
           delivery_ms, delivery_deadline, execution_ms, ended_at)
         SELECT i, '1', 1, 'r', 'Redis', 'Failed', false, ${moment}, 'c', 'r', 1, 100, 1, 9
         FROM generate_series(1, ${TASKS}) i`,
      )
      const page = { account: '1', at: moment, number: 19_500, after: moment, last: 19_400, limit: 101 }
      for (const [name, more] of [
        ['list_of_account', {}],
        ['list_of_gateway', { gateway: 1 }],
      ] as const) {
        const all = textOf(name, { ...page, ...more, states: null, engine: null })
        const rows = await sql.unsafe(all)
        assert.deepEqual([rows.length, rows[0]?.['number'], rows.at(-1)?.['number']], [100, '19499', '19400'], name)
        const earlier = { ...page, ...more, at: 2_000, number: 1, after: 900, last: 5, states: null, engine: null }
        assert.equal((await sql.unsafe(textOf(name, earlier)))[0]?.['number'], String(TASKS), name)

        const none = textOf(name, { ...page, ...more, states: null, engine: 'MongoDB' })
        const { pages } = await measure(sql, none, 'SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;')
        assert.ok(pages <= MOST_PAGES, `${pages} pages: ${name}`)
      }
    } finally {
      await sql.end()
    }
  })

  test('whatever is a value stays one, with any setting of the session', async () => {
    const sql = postgres(await places.database(), { max: 1, onnotice: () => {} })
    try {
      for (const setting of ['on', 'off']) {
        await sql.unsafe(`SET standard_conforming_strings = ${setting}; SET escape_string_warning = off`)
        const texts = array(constantFrom("'", '\\', '$$', 'é', '😀', '--', ';', '\n', '\\x', "E'", '/*', '\0', 'a'))
        await check(
          asyncProperty(
            oneof(
              texts.map((all) => all.join('')),
              string({ unit: 'binary' }),
            ),
            async (text) => {
              const [row] = await sql.unsafe(`SELECT ${literal(text)}::text AS text, 'kept' AS next`)
              assert.deepEqual(
                Object.entries(row ?? {}),
                Object.entries({ text: text.toWellFormed().replaceAll('\0', '\uFFFD'), next: 'kept' }),
              )
            },
          ),
          { numRuns: 50 },
        )
        await check(
          asyncProperty(uint8Array(), maxSafeInteger(), boolean(), async (bytes, number, flag) => {
            const [row] = await sql.unsafe(
              `SELECT encode(${literal(bytes)}::bytea, 'hex') AS bytes, ${literal(number)}::bigint::text AS number,
                 ${literal(flag)}::boolean AS flag, ${literal(null)}::text AS nothing`,
            )
            const hex = Buffer.from(bytes).toString('hex')
            assert.deepEqual(
              Object.entries(row ?? {}),
              Object.entries({ bytes: hex, number: String(number), flag, nothing: null }),
            )
          }),
          { numRuns: 50 },
        )
      }
    } finally {
      await sql.end()
    }
  })
})
