#!/usr/bin/env node
// The command of the published package. Only syntax that Node 12 reads: an old Node must get as far as the message.
const major = parseInt(process.versions.node, 10)

if (major < 24) {
  console.error(
    'postern needs Node 24 or later, this is Node ' + process.versions.node + '. See https://nodejs.org/en/download',
  )
  process.exitCode = 1
} else {
  // Before 24.15 the built-in SQLite announces itself on stderr; scripts that read ours must not see it.
  const emitWarning = process.emitWarning
  process.emitWarning = function (warning, ...rest) {
    if (String(warning).startsWith('SQLite is an experimental feature')) return
    emitWarning.call(process, warning, ...rest)
  }
  import('../dist/cli/main.js').catch(function (error) {
    console.error(error)
    process.exitCode = 1
  })
}
