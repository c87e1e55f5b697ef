import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineTable } from '../../scripts/test/engines-table.ts'
import { SERVER_NOTE } from './server-note.ts'

const note = (suite: string, version: string, real: boolean) =>
  SERVER_NOTE + JSON.stringify({ suite, engine: 'MongoDB', product: 'MongoDB', version, real })
const file = { failures: [], skips: [], notes: [], output: '', ms: 1 }

test('the table has a row for each server, and one for the other cases of an engine', () => {
  const table = engineTable([
    {
      ...file,
      name: 'test/engines/mongodb.test.ts',
      passed: 3,
      passes: ['MongoDB on a stand-in › a', 'MongoDB on a given server › a', 'MongoDB on a given server › b'],
      failures: [{ title: 'MongoDB on a stand-in › b', text: '' }],
      skips: [{ title: 'MongoDB on a given server › c', reason: 'makes databases' }],
      notes: [
        'something else',
        note('MongoDB on a stand-in', '7.0', false),
        note('MongoDB on a given server', '8.0', true),
      ],
    },
    { ...file, name: 'test/engines/mongodb-login.test.ts', passed: 2, passes: ['x', 'y'] },
    { ...file, name: 'test/engines/too-large.test.ts', passed: 1, passes: ['z'] },
  ])
  const cells = table.split('\n').map((line) => line.split(/ {2,}/))
  assert.deepEqual(cells.slice(3, 7), [
    ['(every engine)', 'cases of its own', '1', '0', '0'],
    ['MongoDB', 'MongoDB 8.0', 'real', '2', '0', '1'],
    ['MongoDB', 'MongoDB 7.0', 'stand-in', '1', '1', '0'],
    ['MongoDB', 'cases of its own', '2', '0', '0'],
  ])
  assert.match(table, /MongoDB: MongoDB on a given server › c \(makes databases\)/)
})
