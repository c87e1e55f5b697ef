import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { EXIT } from '../../src/cli/exit-code.ts'
import { codeBlocks } from '../docs/code-blocks.ts'
import { postern } from '../fixtures/process.ts'
import { allCommands, commandLines, helpOf, newProgram, parseOnly } from './program-tree.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Set by systemd, the login or the command in front, not by people for Postern. */
const OF_THE_SYSTEM = new Set([
  'PATH',
  'POSTERN_CALLED_AS',
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'JOURNAL_STREAM',
])
const commands = allCommands(await newProgram())
const indented = (help: string) => [...help.matchAll(/^ {2}(\S.*)$/gm)].map(([, line = '']) => line)

describe('what --help says', { concurrency: 2 }, () => {
  for (const { path, command } of commands) {
    test(`${path}: a summary, a description, and an example of its own`, async () => {
      assert.ok(command.summary() !== '', 'summary')
      assert.ok(command.description() !== '', 'description')
      for (const option of command.options) assert.ok(option.description !== '', option.flags)
      for (const argument of command.registeredArguments) assert.ok(argument.description !== '', argument.name())
      const help = helpOf(command)
      const own = indented(help)
        .flatMap(commandLines)
        .filter((words) => ['postern', ...words, ''].join(' ').startsWith(`${path} `))
      assert.ok(own.length > 0, `no example in:\n${help}`)
      const usage = [path, ...command.aliases()].join('|')
      assert.ok(help.includes(`Usage: ${usage} `), help)
    })
  }

  test('a command that is loaded alone, by the first word of a command line, is the same', async () => {
    const { commands: all } = await newProgram()
    for (const command of all) {
      const alone = await newProgram([command.name()])
      const names = alone.commands.map((each) => each.name())
      if (command.name() !== 'completion') assert.deepEqual(names, [command.name()])
      const found = alone.commands.find((each) => each.name() === command.name()) ?? assert.fail(command.name())
      const texts = (of: typeof command) =>
        allCommands(of, `postern ${of.name()}`).map((each) => [each.path, helpOf(each.command)])
      assert.deepEqual(texts(found), texts(command))
    }
  })

  for (const path of ['postern', 'postern server', 'postern gateway', 'postern gateway check']) {
    test(`${path} --help prints it and is done`, async () => {
      const printed = await postern([...path.split(' ').slice(1), '--help'])
      assert.deepEqual([printed.code, printed.stderr], [EXIT.done, ''])
      assert.ok(printed.stdout.includes(`Usage: ${path} `), printed.stdout)
    })
  }

  test('every example is taken by the real parser', async () => {
    let examples = 0
    for (const { path, command } of commands) {
      for (const words of indented(helpOf(command)).flatMap(commandLines)) {
        examples++
        await assert.doesNotReject(parseOnly(words), `${path}: postern ${words.join(' ')}`)
      }
    }
    assert.ok(examples > 2 * commands.length, `${examples} examples`)
    await assert.rejects(parseOnly(['gateway', 'list', '--outptu', 'json']), /unknown option '--outptu'/)
  })

  test('every command of the pages is taken by the real parser', async () => {
    const guide = join('docs', 'guide')
    const pages = ['README.md', ...readdirSync(join(ROOT, guide)).map((name) => join(guide, name))]
    let lines = 0
    for (const page of pages) {
      for (const { language, text } of codeBlocks(readFileSync(join(ROOT, page), 'utf8'))) {
        if (language !== 'sh') continue
        for (const words of text.split('\n').flatMap(commandLines)) {
          lines++
          await assert.doesNotReject(parseOnly(words), `${page}: postern ${words.join(' ')}`)
        }
      }
    }
    assert.ok(lines > 9, `${lines} lines`)
  })

  test('the exit codes and environment variables are those of the code', async () => {
    const help = helpOf(await newProgram())
    const section = (heading: string) => help.split(`\n${heading}:\n`)[1]?.split('\n\n')[0] ?? ''
    const codes = [...section('Exit codes').matchAll(/^ {2}(\d)/gm)].map(([, code]) => Number(code))
    assert.deepEqual(codes, Object.values(EXIT))
    const told = [...section('Environment variables').matchAll(/^ {2}([A-Z_]+)/gm)].map(([, name = '']) => name)
    const sources = ['src/cli', 'src/link', 'src/gateway'].flatMap((folder) =>
      readdirSync(join(ROOT, folder)).map((file) => readFileSync(join(ROOT, folder, file), 'utf8')),
    )
    const read = sources.flatMap((source) => [
      ...source.matchAll(/\benv\['([A-Z_]+)'\]/g),
      ...source.matchAll(/_VARIABLE = '([A-Z_]+)'/g),
      ...source.matchAll(/'((?:HTTPS?|NO)_PROXY)'/g),
    ])
    const ours = read.map(([, name = '']) => name).filter((name) => !OF_THE_SYSTEM.has(name))
    assert.deepEqual(told.toSorted(), [...new Set(ours)].toSorted())
  })
})

describe('what is mistyped', { concurrency: 2 }, () => {
  const cases: readonly (readonly [line: string, said: readonly string[]])[] = [
    ['', ['How to begin', 'postern server --data', 'Exit codes:']],
    ['gatway lst', ["unknown command 'gatway'", 'Did you mean gateway?', '(see postern --help)']],
    ['gateway chek', ["unknown command 'chek'", 'Did you mean check?', '(see postern gateway --help)']],
    ['gateway', ['Usage: postern gateway', 'postern gateway check --config']],
    ['gateway list --ouput json', ["'--ouput'", 'Did you mean --output?', '(see postern gateway list --help)']],
    ['gateway list --output jsn', ['--output', 'Did you mean json? It is table or json.']],
    ['gateway check --config x --output names', ['It is table or json.']],
    [
      'databases --gateway 1 --engine Postgre',
      ['Did you mean PostgreSQL?', 'MySQL, MariaDB, DRDS, PostgreSQL, Oracle, MSSQL, MongoDB or Redis'],
    ],
    ['databases --gateway 1 --engine MySQL --output xml', ['It is table, json or names.']],
    ['server --data x --log-level loud', ['It is debug, info, warn or error.']],
    ['server --data x --log-format prety', ['Did you mean pretty? It is json or pretty.']],
    ['config check x --kind gatway', ['Did you mean gateway? It is gateway or server.']],
    ['completion csh', ['It is bash, zsh or fish.']],
    ['server', ["required option '--data <dir>' not specified", '(see postern server --help)']],
  ]
  for (const [line, said] of cases) {
    test(`postern ${line}`, async () => {
      const { code, stdout, stderr } = await postern(line === '' ? [] : line.split(' '))
      assert.deepEqual([code, stdout], [EXIT.usage, ''])
      for (const text of said) assert.ok(stderr.includes(text), `"${text}" in:\n${stderr}`)
    })
  }
})
