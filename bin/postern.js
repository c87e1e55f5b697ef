#!/usr/bin/env node
// The command of the published package, and of a clone that is built. Only syntax that Node 12 reads: an old Node must get as far as the message.
const [major, minor] = process.versions.node.split('.').map(Number)

// From 24.15 on the built-in SQLite does not announce itself on stderr, which scripts read.
if (major < 24 || (major === 24 && minor < 15)) {
  console.error(
    'postern needs Node 24.15 or later, this is Node ' +
      process.versions.node +
      '. See https://nodejs.org/en/download; in a clone `npm run setup` brings one.',
  )
  process.exitCode = 1
} else {
  Promise.all([import('fs'), import('module'), import('path')])
    .then(keepCompiledCode)
    .then(function () {
      return import('../dist/cli/main.js')
    })
    .catch(function (error) {
      console.error(error)
      process.exitCode = 1
    })
}

/**
 * Compiled code is kept for the next start, which then takes a third less. Only in the home of this very user: whoever may
 * write there can say what runs. NODE_COMPILE_CACHE names another folder, NODE_DISABLE_COMPILE_CACHE=1 keeps nothing.
 */
function keepCompiledCode([fs, module, path]) {
  const home = process.env.HOME
  if (process.env.NODE_COMPILE_CACHE || !process.getuid || !home || !path.isAbsolute(home)) return
  const folder = path.join(home, '.cache')
  try {
    // Where there is none, none is wanted: the home of a service is its data.
    const { uid, mode } = fs.statSync(folder)
    if (uid === process.getuid() && (mode & 0o022) === 0)
      module.enableCompileCache(path.join(folder, 'postern', 'compiled'))
  } catch {
    // It starts without.
  }
}
