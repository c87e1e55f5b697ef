import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { completionScript, type Shell } from '../../src/cli/completion-script.ts'
import { completedCommands } from '../../src/cli/completion-tree.ts'
import { postern } from '../fixtures/process.ts'
import { type TempFolder, tempFolder } from '../fixtures/temp-folder.ts'
import { allCommands, newProgram } from './program-tree.ts'

const isHere = (shell: Shell) => spawnSync(shell, ['-c', 'true']).status === 0
const without = (shell: Shell) => !isHere(shell) && `${shell} is not on this machine (Debian: ${shell})`

/** What stands before the cursor, the last word unfinished, and what is offered for it. */
const CASES: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [['gat'], ['gateway']],
  [
    ['gateway', ''],
    ['token', 'enroll', 'check', 'grants', 'run', 'rotate-key', 'list', 'rename', 'move', 'delete', 'help'],
  ],
  [['gateway', 'ch'], ['check']],
  [['gateway', 'list', '--o'], ['--output']],
  [
    ['gateway', 'list', '--output', ''],
    ['table', 'json'],
  ],
  [
    ['databases', '--gateway', '1', '--engine', 'M'],
    ['MySQL', 'MariaDB', 'MSSQL', 'MongoDB'],
  ],
  // The value of an option is no command.
  [['databases', '--gateway', 'gateway', '--output', 'n'], ['names']],
  [['completion', 'f'], ['fish']],
  [['config', 'check', '--kind', 'g'], ['gateway']],
  [['config', 'check', 'gat'], ['gateway.yaml']],
  [['gateway', 'run', '--config', 'gat'], ['gateway.yaml']],
  [['gateway', 'list', '--region', ''], []],
]

const folder: { use?: TempFolder } = {}
const at = () => folder.use?.path ?? ''
before(async () => {
  folder.use = await tempFolder('completion')
  writeFileSync(join(at(), 'gateway.yaml'), '')
  mkdirSync(join(at(), 'data'))
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const printed = await postern(['completion', shell])
    assert.deepEqual([printed.code, printed.stderr], [0, ''])
    writeFileSync(join(at(), `postern.${shell}`), printed.stdout)
  }
})
after(() => folder.use?.[Symbol.asyncDispose]())

function run(shell: Shell, script: string, args: readonly string[] = []): readonly string[] {
  const clean = { bash: ['--norc', '--noprofile'], zsh: ['-f'], fish: ['--no-config'] }[shell]
  const options = { cwd: at(), encoding: 'utf8', timeout: 20_000, env: { ...process.env, HOME: at() } } as const
  const said = execFileSync(shell, [...clean, '-c', script, ...args], options)
  return said.split('\n').filter((line) => line !== '')
}

/** As readline does: the function that `complete` names, with the words and the place of the cursor. */
const inBash = (words: readonly string[]) =>
  run(
    'bash',
    `set -u; source postern.bash; spec=$(complete -p postern); [[ $spec =~ -F\\ ([^ ]+) ]]
     COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); "\${BASH_REMATCH[1]}"
     printf '%s\\n' \${COMPREPLY[@]+"\${COMPREPLY[@]}"}`,
    ['bash', 'postern', ...words],
  )

/** zsh completes on a terminal only: what its own functions are called with is looked at instead. */
const inZsh = (words: readonly string[]) =>
  run(
    'zsh',
    `compdef() { : }; compset() { cur=\${cur#*=} }
     compadd() { shift; for word in "$@"; do [[ $word == $cur* ]] && print -r -- $word; done }
     _describe() { for word in "\${found[@]}"; do [[ $word == $cur* ]] && print -r -- \${word%%:*}; done }
     _files() { [[ $1 == -/ ]] && print -rl -- $cur*(/N) || print -rl -- $cur*(N) }
     source ./postern.zsh; words=("$@"); CURRENT=$#; _postern; true`,
    ['zsh', 'postern', ...words],
  )

const inFish = (words: readonly string[]) =>
  run('fish', 'source postern.fish; complete -C "$argv"', [['postern', ...words].join(' ')]).map(
    (line) => line.split('\t')[0] ?? '',
  )

const SHELLS = { bash: inBash, zsh: inZsh, fish: inFish } as const

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  describe(`in a real ${shell}`, { skip: without(shell) }, () => {
    for (const [words, offered] of CASES) {
      test(`postern ${words.join(' ')}<TAB>`, () => {
        assert.deepEqual(SHELLS[shell](words).toSorted(), offered.toSorted())
      })
    }

    test('every command and every option of the program is offered', async () => {
      for (const { path, command } of allCommands(await newProgram())) {
        const words = path.split(' ').slice(1)
        const children = command.commands.map((child) => child.name())
        const commands = SHELLS[shell]([...words, ''])
        for (const name of children) assert.ok(commands.includes(name), `${path} ${name}`)
        const options = SHELLS[shell]([...words, '--'])
        for (const { long } of command.options) assert.ok(options.includes(long ?? ''), `${path} ${long}`)
      }
    })
  })
}

test('bash: folders where a folder is expected, and --output=json, which readline splits', {
  skip: without('bash'),
}, () => {
  assert.deepEqual(inBash(['server', '--data', 'd']), ['data'])
  assert.deepEqual(inBash(['gateway', 'list', '--output', '=', 'j']), ['json'])
  assert.deepEqual(inBash(['gateway', 'list', '--output', '=']), ['table', 'json'])
})

test('what is added to the program is in the scripts', async () => {
  const program = await newProgram()
  const added = program.command('rejoice').summary("be glad, it's done").option('--how <way>', 'way')
  const scripts = (['bash', 'zsh', 'fish'] as const).map((shell) =>
    completionScript(shell, completedCommands(program, program.name())),
  )
  for (const script of scripts) {
    assert.ok(script.includes('postern rejoice --how'))
    if (isHere('bash') && script.includes('complete -F')) run('bash', script)
  }
  assert.equal(added.name(), 'rejoice')
})
