import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNonces } from '../../src/access/nonces.ts'
import { systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { type AccessKeyId, toAccessKeyId } from '../../src/model/ids.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { AccessStore } from '../../src/store/access-store.ts'
import { heapBytes, partOfLong } from '../fixtures/heap-bytes.ts'
import { manualClock } from '../fixtures/manual-clock.ts'
import { tempFolder } from '../fixtures/temp-folder.ts'

const KEY = toAccessKeyId('PSTNa')
const OTHER = toAccessKeyId('PSTNb')
const KEEP_MS = 30 * 60_000
const used = { code: 'SignatureNonceUsed' }
const clock = systemClock()

async function openStore() {
  const folder = await tempFolder('nonces')
  const store = await openSqliteStore({ folder: folder.path, clock, log: silentLog() })
  return {
    access: store.access,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}
const gone = () => Promise.reject(new Error('gone'))
const over = (store: AccessStore, maxUnstored?: number) =>
  createNonces({ store, clock, log: silentLog(), keepMs: KEEP_MS, ...(maxUnstored !== undefined && { maxUnstored }) })

test('row 7: a nonce is accepted once per key', async () => {
  await using store = await openStore()
  await using nonces = over(store.access)
  const nonce = await nonces.claim(KEY, 'n')
  assert.ok(nonce.expiresAt >= clock.now() + KEEP_MS - 10_000)
  await assert.rejects(nonces.claim(KEY, 'n'), used)
  await nonces.claim(OTHER, 'n')
})

test('row 7: of many at the same moment one is accepted', async () => {
  await using store = await openStore()
  await using nonces = over(store.access)
  const claims = await Promise.allSettled(Array.from({ length: 50 }, () => nonces.claim(KEY, 'n')))
  assert.equal(claims.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('row 7: the nonce of a read is in the store within a second, and a replay after a restart is refused', async () => {
  await using store = await openStore()
  const before = over(store.access)
  before.writeBehind(await before.claim(KEY, 'n'))
  const deadline = Date.now() + 5_000
  while (!(await store.access.burnt(KEY, 'n'))) {
    assert.ok(Date.now() < deadline, 'not stored in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  // Without an orderly end: a killed process.
  await using after = over(store.access)
  await assert.rejects(after.claim(KEY, 'n'), used)
  await assert.rejects(before.claim(KEY, 'n'), used)
})

test('row 7: an orderly end stores what waits', async () => {
  await using store = await openStore()
  {
    await using nonces = over(store.access)
    for (let i = 0; i < 2_500; i++) nonces.writeBehind(await nonces.claim(KEY, `n${i}`))
  }
  for (const i of [0, 999, 1_000, 2_499]) assert.equal(await store.access.burnt(KEY, `n${i}`), true)
})

test('row 7: a store that fails for a while loses no nonce, and none is accepted twice meanwhile', async () => {
  await using store = await openStore()
  let failures = 0
  const failing: AccessStore = {
    ...store.access,
    burn: (nonces) => (failures++ < 2 ? Promise.reject(new Error('disk full')) : store.access.burn(nonces)),
  }
  await using nonces = over(failing)
  nonces.writeBehind(await nonces.claim(KEY, 'n'))
  const deadline = Date.now() + 10_000
  while (!(await store.access.burnt(KEY, 'n'))) {
    await assert.rejects(nonces.claim(KEY, 'n'), used)
    assert.ok(Date.now() < deadline, 'not stored in time')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.ok(failures >= 3)
})

test('row 7: what waits for the store keeps no request in memory that it was cut from', async () => {
  await using store = await openStore()
  await using nonces = over(store.access)
  const [claims, requestBytes] = [2_000, 32 * 1024]
  const before = heapBytes()
  for (let i = 0; i < claims; i++) await nonces.claim(KEY, partOfLong(requestBytes, i))
  assert.ok(heapBytes() - before < (claims * requestBytes) / 4)
})

test('row 7: a store that cannot be asked uses the nonce up', async () => {
  await using store = await openStore()
  const shared = { nonceHorizon: () => Promise.resolve(Number.POSITIVE_INFINITY) }
  for (const failing of [{ nonceHorizon: gone }, { ...shared, burnt: gone }]) {
    await using nonces = over({ ...store.access, ...failing })
    await assert.rejects(nonces.claim(KEY, 'n'), /gone/)
    await assert.rejects(nonces.claim(KEY, 'n'), used)
  }
})

test('row 7: the store is asked only about nonces that it could have', async () => {
  await using store = await openStore()
  const manual = manualClock()
  const asked: string[] = []
  const parts = {
    store: {
      ...store.access,
      burnt: (key: AccessKeyId, value: string) => {
        asked.push(value)
        return store.access.burnt(key, value)
      },
    },
    clock: manual,
    log: silentLog(),
    keepMs: KEEP_MS,
  }
  {
    await using nonces = createNonces(parts)
    for (const value of ['a', 'b']) nonces.writeBehind(await nonces.claim(KEY, value))
    assert.deepEqual(asked, [])
  }
  await using restarted = createNonces(parts)
  await assert.rejects(restarted.claim(KEY, 'a'), used)
  await restarted.claim(KEY, 'c')
  assert.deepEqual(asked, ['a', 'c'])
  // Those of before have no meaning any more.
  manual.advance(KEEP_MS)
  const nonce = await restarted.claim(KEY, 'd')
  assert.deepEqual(asked, ['a', 'c'])
  await store.access.burn([nonce])
  restarted.stored(nonce)
  await assert.rejects(restarted.claim(KEY, 'd'), used)
  assert.deepEqual(asked, ['a', 'c', 'd'])
})

test('a nonce that the commit of an effect burnt takes no memory, and is not written again', async () => {
  await using store = await openStore()
  let writes = 0
  const counting: AccessStore = {
    ...store.access,
    burn: (nonces) => {
      writes += nonces.length
      return store.access.burn(nonces)
    },
  }
  {
    await using nonces = over(counting, 1)
    const nonce = await nonces.claim(KEY, 'n')
    await store.access.burn([nonce])
    nonces.stored(nonce)
    nonces.writeBehind(nonce)
    await assert.rejects(nonces.claim(KEY, 'n'), used)
    nonces.stored(await nonces.claim(KEY, 'm'))
  }
  assert.equal(writes, 0)
})

test('row 7: where too many wait for the store a request is refused, not accepted unremembered', async () => {
  await using store = await openStore()
  await using nonces = over(store.access, 2)
  await nonces.claim(KEY, 'a')
  await nonces.claim(KEY, 'b')
  await assert.rejects(nonces.claim(KEY, 'c'), { code: 'ServiceUnavailable' })
  await assert.rejects(nonces.claim(KEY, 'a'), used)
})

test('a long nonce is kept as a digest that no shorter nonce equals', async () => {
  await using store = await openStore()
  await using nonces = over(store.access)
  const long = 'x'.repeat(10_000)
  const { value } = await nonces.claim(KEY, long)
  assert.ok(value.length < 80)
  await assert.rejects(nonces.claim(KEY, long), used)
  await nonces.claim(KEY, value)
})
