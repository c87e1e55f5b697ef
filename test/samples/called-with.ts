import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

/** Any key: nothing is signed with it. */
const KEY = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' }

/** The words of each call of a command, in turn: a function of the shell stands in its place. */
export function calledWith(command: string, sample: string, shell = 'sh'): readonly (readonly string[])[] {
  const script = `${command}() { printf '%s\\0' "$#" "$@"; }\n${sample}`
  const env = { PATH: process.env['PATH'], ...KEY }
  const { stdout, stderr } = spawnSync(shell, ['-s'], { input: script, encoding: 'utf8', timeout: 20_000, env })
  assert.equal(stderr, '', script)
  const words = stdout.split('\0').slice(0, -1)
  const calls: string[][] = []
  while (words.length > 0) {
    const count = Number(words.shift())
    assert.ok(count <= words.length, stdout)
    calls.push(words.splice(0, count))
  }
  return calls
}
