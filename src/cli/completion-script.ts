import type { CompletedCommand, CompletedOption, Values } from './completion-tree.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** A script for the shell to read; it asks nothing of `postern` when it completes. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands)
}

/** In single quotes, for all three shells. Texts are ours and on one line. */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`).replaceAll('\n', ' ')}'`
const patterns = (words: readonly string[]) => words.map(quoted).join('|')

const paths = (commands: readonly CompletedCommand[]) => commands.map(({ path }) => path).slice(1)
const valued = (commands: readonly CompletedCommand[]) =>
  commands.flatMap(({ path, options }) =>
    options.flatMap(({ flag, values }) => (values === undefined ? [] : [{ at: `${path} ${flag}`, flag, values }])),
  )

/** What stands between the command and the word at the cursor leads down the tree; the value of an option leads nowhere. */
const descent = (commands: readonly CompletedCommand[], skip: string) => `    case "$here $word" in
      ${patterns(paths(commands))}) here="$here $word" ;;
      ${patterns(valued(commands).map(({ at }) => at))}) ${skip} ;;
    esac`

const hasValues = (of: Values) => (of.kind === 'words' ? of.words.length > 0 : of.kind !== 'anything')

const bashValues = (of: Values) =>
  of.kind === 'words'
    ? `_postern_words ${quoted(of.words.join(' '))}`
    : { file: '_postern_files -f', folder: '_postern_files -d', anything: ':' }[of.kind]

const bashCommand = ({ path, children, options, values: own }: CompletedCommand) => {
  const flags = options.map(({ flag }) => flag).join(' ')
  const words = children.map(({ name }) => name).join(' ')
  return `    ${quoted(path)})
      case $cur in
        -*) _postern_words ${quoted(flags)} ;;
        *) ${words === '' ? bashValues(own) : `_postern_words ${quoted(words)}`} ;;
      esac ;;`
}

function bashScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of postern for bash, made by: postern completion bash
_postern_words() {
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$cur")
}
_postern_files() {
  local word
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$1" -- "$cur")
}
_postern() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} here=postern word i
  COMPREPLY=()
  # bash takes --output=json for three words.
  if [[ $cur == = ]]; then cur=''
  elif [[ $prev == = ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
${descent(commands, '((i++))')}
  done
  case "$here $prev" in
${valued(commands)
  .map(({ at, values: of }) => `    ${quoted(at)}) ${bashValues(of)}; return ;;`)
  .join('\n')}
  esac
  case $here in
${commands.map(bashCommand).join('\n')}
  esac
}
complete -F _postern postern
`
}

const zshValues = (of: Values) =>
  of.kind === 'words'
    ? `compadd -- ${of.words.map(quoted).join(' ')}`
    : { file: '_files', folder: '_files -/', anything: ':' }[of.kind]
const described = (name: string, text: string) => quoted(`${name.replaceAll(':', '\\:')}:${text}`)

const zshCommand = ({ path, children, options, values: own }: CompletedCommand) => {
  const flags = options.map(({ flag, text }) => described(flag, text)).join(' ')
  const words = children.map(({ name, text }) => described(name, text)).join(' ')
  const plain = words === '' ? zshValues(own) : `found=(${words}); _describe -t commands command found`
  return `    ${quoted(path)})
      case $cur in
        -*) found=(${flags}); _describe -o -t options option found ;;
        *) ${plain} ;;
      esac ;;`
}

function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef postern
# Completion of postern for zsh, made by: postern completion zsh
_postern() {
  local cur=$words[CURRENT] prev=$words[CURRENT-1] here=postern word i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
${descent(commands, '((i++))')}
  done
  if [[ $cur == --*=* ]]; then
    prev=\${cur%%=*}
    compset -P 1 '*='
  fi
  case "$here $prev" in
${valued(commands)
  .map(({ at, values: of }) => `    ${quoted(at)}) ${zshValues(of)}; return ;;`)
  .join('\n')}
  esac
  case $here in
${commands.map(zshCommand).join('\n')}
  esac
}
# In a folder of fpath this file is the function; read by a start-up file, it defines it.
if [[ $funcstack[1] == _postern ]]; then _postern "$@"; else compdef _postern postern; fi
`
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const values = (of: Values) => {
    if (of.kind === 'words') return `-x -a ${quoted(of.words.join(' '))}`
    return { file: '-r -F', folder: "-x -a '(__fish_complete_directories)'", anything: '-x' }[of.kind]
  }
  const option = ({ flag, text, values: of }: CompletedOption) => {
    const name = flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`
    return `${name} -d ${quoted(text)}${of === undefined ? '' : ` ${values(of)}`}`
  }
  const lines = commands.flatMap(({ path, children, options, values: own }) => {
    const start = `complete -c postern -n ${quoted(`__postern_at "${path}"`)}`
    return [
      ...children.map(({ name, text }) => `${start} -a ${name} -d ${quoted(text)}`),
      ...(hasValues(own) ? [`${start} ${values(own).replace(/^-[xr] /, '')}`] : []),
      ...options.map((each) => `${start} ${option(each)}`),
    ]
  })
  return `# Completion of postern for fish, made by: postern completion fish
function __postern_at
  set -l here postern
  set -l skip no
  for word in (commandline -opc)[2..-1]
    if test $skip = yes
      set skip no
      continue
    end
    switch "$here $word"
      case ${paths(commands).map(quoted).join(' ')}
        set here "$here $word"
      case ${valued(commands)
        .map(({ at }) => quoted(at))
        .join(' ')}
        set skip yes
    end
  end
  test "$here" = "$argv[1]"
end
complete -c postern -f
${lines.join('\n')}
`
}
