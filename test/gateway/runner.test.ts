import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOutbox } from '../../src/gateway/outbox.ts'
import { verifyEd25519 } from '../../src/link/keys.ts'
import { resultPayload } from '../../src/link/payloads.ts'
import { outcomeDigest } from '../../src/model/outcome-digest.ts'
import { PosternError } from '../../src/model/errors.ts'
import { newAttemptId } from '../../src/model/ids.ts'
import { TOLD_AFTER_MS } from '../../src/gateway/step-timer.ts'
import { eventually } from '../fixtures/eventually.ts'
import { inTestEngine, listingOf } from './in-test-engine.ts'
import { GATEWAY, runMessage, runnerBench, SERVER } from './runner-bench.ts'

const never = () => new Promise<never>(() => undefined)

/** Logins wait until they are let in. */
function gate() {
  const waiting: (() => void)[] = []
  return {
    waiting,
    pass: () => new Promise<void>((resolve) => waiting.push(resolve)),
    open: () => {
      for (const resolve of waiting.splice(0)) resolve()
    },
  }
}

test('an attempt is accepted and ends with a signed list; steps that are over at once are not told', async () => {
  const engine = inTestEngine()
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage()
  bench.runner.run(message)
  const { outcome, sealed, names } = await bench.outcomeOf(message)
  assert.equal(outcome.kind, 'listing')
  assert.equal(outcome.count, 2)
  assert.deepEqual(names, ['crm_中文', 'we`ird"name'])
  assert.deepEqual(
    outcome.steps.map(({ name, ok }) => [name, ok]),
    ['configuration', 'resolve', 'connect', 'login', 'list'].map((name) => [name, true]),
  )
  assert.equal(outcome.collectedAt, bench.clock.wall())
  const short = message.attempt.slice(0, 4)
  assert.deepEqual(bench.told, [`accepted ${short} 7`, `outcome ${short}`])
  assert.equal(engine.dialled[0]?.address, '10.0.0.1')
  assert.equal(engine.dialled[0]?.host, 'a')
  assert.equal(engine.open, 0)
  assert.deepEqual(bench.runner.holding, [])
  assert.equal(bench.clock.pending, 0)

  assert.equal(sealed.digest, outcomeDigest(sealed.outcomeText, sealed.parts))
  assert.equal(sealed.key, bench.key.fingerprint)
  const { task, attempt, host, port, nonce } = message
  const signed = {
    server: SERVER,
    gateway: GATEWAY,
    task,
    attempt,
    engine: 'MySQL',
    host,
    port,
    digest: sealed.digest,
    nonce,
  } as const
  assert.ok(verifyEd25519(bench.key.publicKey, resultPayload(signed), sealed.signature))
  const other = resultPayload({ ...signed, attempt: newAttemptId() })
  assert.ok(!verifyEd25519(bench.key.publicKey, other, sealed.signature))
})

test('an attempt is run once, however often it is sent', async () => {
  const engine = inTestEngine()
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage()
  bench.runner.run(message)
  bench.runner.run(message)
  await bench.outcomeOf(message)
  bench.runner.run(message)
  assert.equal(engine.dialled.length, 1)
  assert.deepEqual(bench.runner.holding, [])
})

test('a step that lasts is told', async () => {
  const engine = inTestEngine({ login: never })
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage()
  bench.runner.run(message)
  await eventually('the login', () => bench.runner.started[0]?.step === 'login')
  const short = message.attempt.slice(0, 4)
  bench.clock.advance(TOLD_AFTER_MS - 1)
  assert.deepEqual(bench.told, [`accepted ${short} 7`])
  bench.clock.advance(1)
  assert.deepEqual(bench.told, [`accepted ${short} 7`, `step ${short} login`])
})

test('row 24: an attempt ends at its deadline and names the step, whatever the engine does (peers case 9)', async () => {
  const engine = inTestEngine({ login: never })
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage({ executionMs: 5000 })
  bench.runner.run(message)
  await eventually('the login', () => bench.runner.started[0]?.step === 'login')
  bench.clock.advance(4999)
  assert.equal(bench.runner.holding.length, 1)
  bench.clock.advance(1)
  const { outcome } = await bench.outcomeOf(message)
  assert.equal(outcome.kind, 'failure')
  assert.equal(outcome.code, 'Task.ExecutionTimedOut')
  assert.equal(outcome.step, 'login')
  assert.match(outcome.message, /It was at the step `login`/)
  assert.deepEqual(outcome.steps.at(-1), { name: 'login', ms: 5000, ok: false })
})

test('a session that opens after its attempt has ended is closed', async () => {
  const slow = gate()
  const engine = inTestEngine({ login: slow.pass })
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage({ executionMs: 1000 })
  bench.runner.run(message)
  await eventually('the login', () => slow.waiting.length === 1)
  bench.clock.advance(1000)
  await bench.outcomeOf(message)
  slow.open()
  await eventually('the session to be closed', () => engine.open === 0 && engine.opened === 1)
})

test('a session that does not close holds nothing up', async () => {
  const engine = inTestEngine({ dispose: never })
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage()
  bench.runner.run(message)
  await eventually('the end of the session', () => engine.dialled.length === 1 && bench.clock.pending === 2)
  bench.clock.advance(2000)
  assert.equal((await bench.outcomeOf(message)).outcome.kind, 'listing')
})

test('a longest possible deadline does not fire at once', async () => {
  const slow = gate()
  await using bench = runnerBench({ engines: inTestEngine({ login: slow.pass }).engines })
  const message = runMessage({ executionMs: Number.MAX_SAFE_INTEGER })
  bench.runner.run(message)
  await eventually('the login', () => slow.waiting.length === 1)
  bench.clock.advance(3_600_000)
  slow.open()
  assert.equal((await bench.outcomeOf(message)).outcome.kind, 'listing')
})

test('row 26: cancel ends what runs and what waits, with one outcome each', async () => {
  let aborted = 0
  const engine = inTestEngine({
    login: async (_, { signal }) => {
      signal.addEventListener('abort', () => aborted++)
      await never()
    },
  })
  await using bench = runnerBench({ engines: engine.engines, limits: { total: 1 } })
  const [first, second] = [runMessage(), runMessage()]
  bench.runner.run(first)
  bench.runner.run(second)
  await eventually('the login', () => bench.runner.started[0]?.step === 'login')
  bench.runner.cancel(second.attempt)
  bench.runner.cancel(first.attempt)
  bench.runner.cancel(newAttemptId())
  for (const message of [first, second]) {
    const { outcome } = await bench.outcomeOf(message)
    assert.equal(outcome.kind === 'failure' && outcome.code, 'Task.Cancelled')
  }
  assert.equal(aborted, 1)
  assert.equal(bench.told.filter((line) => line.startsWith('accepted')).length, 1)
})

test('the code of an engine is the code of the outcome, and no message holds the password', async () => {
  const engine = inTestEngine({
    login: async () => {
      throw new PosternError('Endpoint.TlsUntrusted', { reason: 'hunter22 and hunter22%21' })
    },
  })
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage()
  bench.runner.run(message)
  const { outcome } = await bench.outcomeOf(message)
  assert.equal(outcome.kind === 'failure' && outcome.code, 'Endpoint.TlsUntrusted')
  assert.doesNotMatch(JSON.stringify(outcome), /hunter22/)
  assert.match(JSON.stringify(outcome), /\*\*\* and \*\*\*/)
})

test('a warning of a list does not hold the password either', async () => {
  const warnings = [{ code: 'x', message: 'saw hunter22', grant: 'hunter22' }]
  const engine = inTestEngine({ list: async () => ({ ...listingOf('a'), warnings }) })
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage()
  bench.runner.run(message)
  assert.doesNotMatch((await bench.outcomeOf(message)).sealed.outcomeText, /hunter22/)
})

test('an unexpected error is Internal with the task to look up', async () => {
  const engine = inTestEngine({
    list: async () => {
      throw new TypeError('x is not a function')
    },
  })
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage()
  bench.runner.run(message)
  const { outcome } = await bench.outcomeOf(message)
  assert.ok(outcome.kind === 'failure')
  assert.equal(outcome.code, 'Internal')
  assert.equal(outcome.step, 'list')
  assert.match(outcome.message, /987654321098765/)
  assert.doesNotMatch(outcome.message, /not a function/)
  assert.equal(engine.open, 0)
})

test('row 30: what is not configured is not dialled', async () => {
  const engine = inTestEngine()
  await using bench = runnerBench({ engines: engine.engines })
  const message = runMessage({ host: 'elsewhere' })
  bench.runner.run(message)
  const { outcome } = await bench.outcomeOf(message)
  assert.ok(outcome.kind === 'failure')
  assert.equal(outcome.code, 'Endpoint.NotAllowed')
  assert.equal(outcome.step, 'configuration')
  assert.equal(engine.dialled.length, 0)
})

test('row 30: the name of an endpoint is resolved anew for each attempt, once', async () => {
  const engine = inTestEngine()
  const asked: string[] = []
  const resolver = async (name: string) => [`10.0.0.${asked.push(name)}`]
  await using bench = runnerBench({ engines: engine.engines, hosts: ['db.example.net'], resolver })
  for (let attempt = 1; attempt <= 3; attempt++) {
    const message = runMessage({ host: 'db.example.net' })
    bench.runner.run(message)
    await bench.outcomeOf(message)
  }
  assert.deepEqual(
    engine.dialled.map(({ address }) => address),
    ['10.0.0.1', '10.0.0.2', '10.0.0.3'],
  )
  assert.equal(asked.length, 3)
})

test('row 30: the login is strict where the caller chose the address, and only there', async () => {
  const engine = inTestEngine()
  await using bench = runnerBench({ engines: engine.engines, hosts: ['10.0.0.0/8', '10.0.0.1'] })
  for (const host of ['10.0.0.1', '10.0.0.2']) {
    const message = runMessage({ host })
    bench.runner.run(message)
    await bench.outcomeOf(message)
  }
  assert.deepEqual(
    engine.dialled.map(({ address, strictLogin }) => [address, strictLogin]),
    [
      ['10.0.0.1', false],
      ['10.0.0.2', true],
    ],
  )
})

for (const entry of ['Database.AuthenticationFailed', 'Database.AccountLocked'] as const) {
  test(`row 23: after ${entry} the endpoint answers the same for 30 s without a login`, async () => {
    let refuse = true
    const engine = inTestEngine({
      login: async () => {
        if (refuse) throw new PosternError(entry, { reason: 'Access denied for postern.' })
      },
    })
    await using bench = runnerBench({ engines: engine.engines })
    const attempt = async (host = 'a') => {
      const message = runMessage({ host })
      bench.runner.run(message)
      const { outcome } = await bench.outcomeOf(message)
      return outcome.kind === 'failure' ? outcome : { code: 'listing', message: '' }
    }
    const first = await attempt()
    assert.equal(first.code, entry)
    refuse = false
    bench.clock.advance(29_999)
    const second = await attempt()
    assert.equal(second.code, entry)
    assert.ok(second.message.startsWith(first.message))
    assert.match(second.message, /not tried again before 2026-01-01T00:00:30\.000Z/)
    assert.equal(engine.dialled.length, 1)
    assert.equal((await attempt('b')).code, 'listing', 'another endpoint is not held up')
    bench.clock.advance(1)
    assert.equal((await attempt()).code, 'listing')
    assert.equal(engine.dialled.length, 3)
  })
}

test('row 23: a new password, or a changed configuration, is tried at once', async () => {
  let password = 'hunter22'
  const engine = inTestEngine({
    login: async (endpoint) => {
      if ((await endpoint.password()) !== 'right one') throw new PosternError('Database.AuthenticationFailed')
    },
  })
  await using bench = runnerBench({ engines: engine.engines, password: async () => password })
  const attempt = async () => {
    const message = runMessage()
    bench.runner.run(message)
    return (await bench.outcomeOf(message)).outcome.kind
  }
  assert.equal(await attempt(), 'failure')
  assert.equal(await attempt(), 'failure')
  assert.equal(engine.dialled.length, 1)
  bench.configure({})
  assert.equal(await attempt(), 'failure')
  assert.equal(engine.dialled.length, 2)
  password = 'right one'
  assert.equal(await attempt(), 'listing')
})

test('row 23: attempts beside the refused one do not log in any more', async () => {
  let logins = 0
  const slow = gate()
  const engine = inTestEngine({
    login: async (endpoint) => {
      await slow.pass()
      // What an engine asks for right before it sends the password.
      await endpoint.password()
      logins++
      throw new PosternError('Database.AuthenticationFailed')
    },
  })
  await using bench = runnerBench({ engines: engine.engines })
  const messages = [runMessage(), runMessage(), runMessage()]
  for (const message of messages) bench.runner.run(message)
  await eventually('three logins', () => slow.waiting.length === 3)
  slow.waiting.shift()?.()
  await bench.outcomeOf(messages[0] ?? assert.fail())
  slow.open()
  for (const message of messages) {
    const { outcome } = await bench.outcomeOf(message)
    assert.equal(outcome.kind === 'failure' && outcome.code, 'Database.AuthenticationFailed')
  }
  assert.equal(logins, 1)
})

test('row 22: limits hold in all and per endpoint, and a slow server holds up no other (peers case 15)', async () => {
  const slow = gate()
  const engine = inTestEngine({ login: slow.pass })
  await using bench = runnerBench({ engines: engine.engines, limits: { total: 3, perEndpoint: 2 } })
  // Two spellings of one endpoint count together.
  const atA = ['a', 'A.', 'a'].map((host) => runMessage({ host }))
  const atB = ['b', 'b'].map((host) => runMessage({ host }))
  for (const message of [...atA, ...atB]) bench.runner.run(message)
  await eventually('three logins', () => slow.waiting.length === 3)
  assert.deepEqual(engine.dialled.map(({ host }) => host).toSorted(), ['a', 'a', 'b'])
  assert.equal(bench.runner.holding.length, 5)
  assert.equal(bench.runner.started.length, 3)
  slow.open()
  await eventually('the others', () => engine.dialled.length === 5)
  slow.open()
  for (const message of [...atA, ...atB]) await bench.outcomeOf(message)
})

test('row 22: what waits too long in the gateway is Busy and was never accepted', async () => {
  const slow = gate()
  await using bench = runnerBench({ engines: inTestEngine({ login: slow.pass }).engines, limits: { total: 1 } })
  const [runs, waits] = [runMessage(), runMessage({ executionMs: 1000 })]
  bench.runner.run(runs)
  bench.runner.run(waits)
  await eventually('the login', () => slow.waiting.length === 1)
  bench.clock.advance(1000)
  const { outcome } = await bench.outcomeOf(waits)
  assert.equal(outcome.kind === 'failure' && outcome.code, 'BackupGateway.Busy')
  assert.ok(!bench.told.includes(`accepted ${waits.attempt.slice(0, 4)} 7`))
  slow.open()
  await bench.outcomeOf(runs)
})

test('the queue is bounded', async () => {
  await using bench = runnerBench({ engines: inTestEngine({ login: never }).engines, limits: { total: 1 } })
  const messages = Array.from({ length: 1003 }, () => runMessage())
  for (const message of messages) bench.runner.run(message)
  assert.equal(bench.runner.holding.length, 1001)
  const { outcome } = await bench.outcomeOf(messages[1002] ?? assert.fail())
  assert.equal(outcome.kind === 'failure' && outcome.code, 'BackupGateway.Busy')
})

test('a list that is too large is Result.TooLarge with its counts', async () => {
  const engine = inTestEngine({ list: async () => listingOf('one', 'two', 'three') })
  await using bench = runnerBench({
    engines: engine.engines,
    partLimits: { databases: 2, resultBytes: 1e6, partBytes: 1e6 },
  })
  const message = runMessage()
  bench.runner.run(message)
  const { outcome, sealed } = await bench.outcomeOf(message)
  assert.ok(outcome.kind === 'failure')
  assert.equal(outcome.code, 'Result.TooLarge')
  assert.match(outcome.message, /There are 3 databases, at most 2 fit/)
  assert.deepEqual(sealed.parts, [])
})

test('row 25: nothing starts while the outbox is full, and a list that finds no room becomes a small failure', async () => {
  const outbox = createOutbox(32_768, 8192)
  const long = 'x'.repeat(9000)
  const slow = gate()
  const engine = inTestEngine({ login: slow.pass, list: async () => listingOf(long, `${long}y`) })
  await using bench = runnerBench({ engines: engine.engines, outbox })
  const [first, second, third] = [runMessage(), runMessage(), runMessage({ host: 'b' })]
  bench.runner.run(first)
  bench.runner.run(second)
  await eventually('two logins', () => slow.waiting.length === 2)
  slow.waiting.shift()?.()
  assert.equal((await bench.outcomeOf(first)).outcome.kind, 'listing')
  slow.waiting.shift()?.()
  const { outcome } = await bench.outcomeOf(second)
  assert.equal(outcome.kind === 'failure' && outcome.code, 'Result.TooLarge')
  assert.ok(outbox.bytes <= 32_768)
  // Fill it up to the reserve: nothing starts any more.
  while (!outbox.full) {
    const sealed = outbox.get(second.attempt) ?? assert.fail()
    assert.ok(outbox.add({ ...sealed, attempt: newAttemptId() }))
  }
  bench.runner.run(third)
  assert.equal(bench.runner.started.length, 0)
  assert.deepEqual(bench.runner.holding, [third.attempt])
  for (const attempt of outbox.attempts) outbox.acknowledge(attempt)
  bench.runner.wake()
  await eventually('the third login', () => slow.waiting.length === 1)
  slow.open()
  await bench.outcomeOf(third)
})

test('a runner that stops makes no outcomes and leaves nothing behind', async () => {
  const bench = runnerBench({ engines: inTestEngine({ login: never }).engines, limits: { total: 1 } })
  bench.runner.run(runMessage())
  bench.runner.run(runMessage())
  bench.runner.refuse()
  bench.runner.run(runMessage())
  assert.equal(bench.runner.holding.length, 2)
  await bench[Symbol.asyncDispose]()
  assert.deepEqual(bench.outbox.attempts, [])
  assert.deepEqual(bench.runner.holding, [])
  assert.equal(bench.clock.pending, 0)
})

test('row 23: an attempt whose password was replaced meanwhile logs in once more, with the new one only', async () => {
  const given: string[] = []
  let accepted = 'second'
  const engine = inTestEngine({
    login: async (endpoint) => {
      const password = await endpoint.password()
      given.push(password)
      if (password !== accepted) throw new PosternError('Database.AuthenticationFailed')
    },
  })
  const asked: (string | undefined)[] = []
  let after = 'second'
  const password = async (rejected?: string) => {
    asked.push(rejected)
    return rejected === undefined ? 'first' : after
  }
  const attempt = async () => {
    given.length = 0
    asked.length = 0
    await using bench = runnerBench({ engines: engine.engines, password })
    const message = runMessage()
    bench.runner.run(message)
    const { outcome } = await bench.outcomeOf(message)
    return [outcome.kind, ...given]
  }
  assert.deepEqual(await attempt(), ['listing', 'first', 'second'])
  assert.deepEqual(asked, [undefined, 'first'])
  after = 'first'
  assert.deepEqual(await attempt(), ['failure', 'first'], 'the same password is not tried again')
  after = 'second'
  accepted = 'third'
  assert.deepEqual(await attempt(), ['failure', 'first', 'second'], 'once more, and no oftener')
  assert.equal(asked.length, 2)
})
