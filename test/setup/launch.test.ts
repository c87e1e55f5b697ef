import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, runModule } from './script-process.ts'

function launched(program: string, onOutput?: (stdout: string, pid: number) => void) {
  const source = `
    import { launch } from '${join(ROOT, 'scripts', 'setup', 'launch.mjs')}'
    launch(process.execPath, ['--eval', ${JSON.stringify(program)}], { PLANTED: 'yes' })
  `
  return runModule(source, onOutput === undefined ? {} : { onOutput })
}

test('ends with the exit code of the program, which has the extra environment', async () => {
  assert.equal((await launched('process.exitCode = process.env.PLANTED === "yes" ? 7 : 1')).code, 7)
})

test('ends by the signal that ended the program', async () => {
  assert.equal((await launched('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)')).signal, 'SIGTERM')
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`passes ${signal} on once, and the program decides how it ends`, async () => {
    const program = `
      let count = 0
      process.on('${signal}', () => { count += 1; setTimeout(() => { console.log('got', count); process.exit(5) }, 600) })
      setInterval(() => {}, 1000)
      console.log('ready')
    `
    let sent = false
    const end = await launched(program, (stdout, pid) => {
      if (sent || !stdout.includes('ready')) return
      sent = true
      process.kill(pid, signal)
      // As npm does: the same keypress once more, a moment later.
      setTimeout(() => process.kill(pid, signal), 100)
    })
    assert.equal(end.code, 5)
    assert.match(end.stdout, /got 1/)
  })
}
