import assert from 'node:assert/strict'
import { z } from 'zod'
import { documentedActions } from '../../src/api/documented-actions.ts'
import { openApiDocument } from '../../src/api/openapi.ts'
import { readOpenApi } from './openapi-document.ts'

const document = readOpenApi(openApiDocument(documentedActions(), 'https://postern.example').text)
const schemaOf = (name: string) => z.fromJSONSchema(document.components.schemas[name] ?? {})
const failure = schemaOf('Error')
const operations = new Map(
  document.operations.map(({ operation }) => [
    `${operation['x-postern-version']} ${operation.operationId}`,
    { reply: schemaOf(`${operation.operationId}Response`), codes: operation['x-postern-errors'] },
  ]),
)

/** A success fits the schema of its action, a failure is one that the action declares: of every answer of every test. */
export function assertDeclared(
  { action, version }: { readonly action: string; readonly version: string },
  { status, body }: { readonly status: number; readonly body: Readonly<Record<string, unknown>> },
): void {
  const operation = operations.get(`${version} ${action}`)
  const fits = (status < 400 ? (operation?.reply ?? z.never()) : failure).safeParse(body)
  assert.ok(fits.success, `${action} is not answered as declared: ${fits.error?.message}`)
  if (status < 400 || operation === undefined) return
  const code = z.string().parse(body['Code'])
  const declared = operation.codes.some((each) => patternOf(each).test(code))
  assert.ok(declared, `${action} does not declare ${code}`)
}

const patternOf = (code: string) => new RegExp(`^${code.replaceAll(/[.]/g, '\\.').replace('{P}', '[A-Z][A-Za-z]*')}$`)
