#!/usr/bin/env node
// The command of the published package. Only syntax that Node 12 reads: an old Node must get as far as the message.
const [major, minor] = process.versions.node.split('.').map(Number)

// From 24.15 on the built-in SQLite does not announce itself on stderr, which scripts read.
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(
    'postern needs Node 24.15 or later, this is Node ' + process.versions.node + '. See https://nodejs.org/en/download',
  )
  process.exitCode = 1
} else {
  import('../dist/cli/main.js').catch(function (error) {
    console.error(error)
    process.exitCode = 1
  })
}
