import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const FOLDER = 'node_modules/'
const LICENCE = /^(licen[cs]e|copying|notice)([.-].*)?$/i

/** The licences of the packages that these modules belong to, as they say themselves. Throws where one says none. */
export async function thirdPartyLicences(modules) {
  const folders = new Set(modules.filter((id) => id.includes(FOLDER)).map(packageFolder))
  const texts = await Promise.all([...folders].map(licenceOf))
  const beginning = 'The program contains these packages, each under its own licence.\n'
  return [beginning, ...texts.toSorted()].join(`\n${'-'.repeat(80)}\n\n`)
}

function packageFolder(id) {
  const at = id.lastIndexOf(FOLDER) + FOLDER.length
  const [scope, name] = id.slice(at).split('/')
  return join(id.slice(0, at), scope.startsWith('@') ? join(scope, name) : scope)
}

async function licenceOf(folder) {
  const { name, version, license, author } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const files = (await readdir(folder)).filter((file) => LICENCE.test(file)).toSorted()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  if (texts.length === 0) texts.push(mit({ name, license, author: author?.name ?? author }))
  return `${name} ${version}, ${license}\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`
}

/** Few leave the text out; that of any other licence would have to be found by a person. */
function mit({ name, license, author }) {
  if (license !== 'MIT' || author === undefined) throw new Error(`${name} has no text of its licence, ${license}`)
  return `Copyright (c) ${author}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`
}
