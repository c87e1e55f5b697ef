import * as fc from 'fast-check'

const LETTERS = [
  ...'\'"`$\\!#%&()*;<>?[]^{|}~=@-+ \n\r\t/:,.'.split(''),
  '\\n',
  '\\u0041',
  '\\u000a',
  '$(id)',
  '${HOME}',
  '`id`',
  "'\\''",
  '"""',
  '%s',
  '--',
  '数据库',
  'é',
  '🐘',
  '👩‍💻',
  '\u001b[31m',
  '\u007f',
  '\u0085',
  '\u00a0',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\u{e0001}',
  'a',
  '0',
]

/** What quotes, escapes, encodings and editors are spelt wrong with; every character but U+0000. */
export const nastyText = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...LETTERS) }, fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 12,
  })
  .map((parts) => parts.join('').replaceAll('\0', ''))

/** All of it at once, short enough for a comment of a user. */
export const ALL_NASTY = `'"\`$\\!#%&()*;<>?[]^{|}~=@-+ \n\r\t\\n\\u0041\\u000a$(id)\${HOME}"""%s--数据库é🐘👩‍💻\u001b\u007f\u0085\u00a0\u202e\u2028\ufeff\u{e0001} `
