import { posix } from 'node:path'
import {
  isCallExpression,
  isExportAssignment,
  isExportDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isNamedExports,
  isStringLiteral,
  type Node,
  type SourceFile,
  type Statement,
  SyntaxKind,
} from 'typescript/unstable/ast'
import { createVirtualFileSystem } from 'typescript/unstable/fs'
import { API } from 'typescript/unstable/sync'
import type { SourceTree } from './source-tree.ts'

export interface Import {
  /** As it is written. */
  readonly specifier: string
  /** The path in the tree for a relative import, otherwise the package's name. */
  readonly target: string
  readonly line: number
  /** `static` runs when the importing file is loaded, `dynamic` on demand, `type` never. */
  readonly when: 'static' | 'dynamic' | 'type'
}

export interface ModuleFacts {
  readonly path: string
  readonly imports: readonly Import[]
  readonly defaultExportLine: number | undefined
}

/** What the compiler's own parser sees in every TypeScript file of the tree. Nothing is resolved, loaded or run. */
export function readModules(tree: SourceTree): readonly ModuleFacts[] {
  const paths = [...tree.keys()].filter((path) => /\.tsx?$/.test(path))
  const compilerOptions = {
    noLib: true,
    noResolve: true,
    types: [],
    allowImportingTsExtensions: true,
    noEmit: true,
    jsx: 'preserve',
  }
  const files: Record<string, string> = {
    '/tsconfig.json': JSON.stringify({ compilerOptions, files: paths.map((path) => `/${path}`) }),
  }
  for (const path of paths) files[`/${path}`] = tree.get(path) ?? ''
  const api = new API({ cwd: '/', fs: createVirtualFileSystem(files) })
  try {
    const [project] = api.updateSnapshot({ openProject: '/tsconfig.json' }).getProjects()
    return paths.map((path) => {
      const file = project?.program.getSourceFile(`/${path}`)
      if (file === undefined) throw new Error(`${path} could not be parsed`)
      return factsOf(path, file)
    })
  } finally {
    api.close()
  }
}

function factsOf(path: string, file: SourceFile): ModuleFacts {
  const lineOf = (node: Node) => file.text.slice(0, node.getStart(file)).split('\n').length
  const imports = file.imports.filter(isStringLiteral).map((node): Import => {
    const specifier = node.text
    return { specifier, target: targetOf(path, specifier), line: lineOf(node), when: whenLoaded(node.parent) }
  })
  const byDefault = file.statements.find(isDefaultExport)
  return { path, imports, defaultExportLine: byDefault === undefined ? undefined : lineOf(byDefault) }
}

function whenLoaded(parent: Node): Import['when'] {
  if (isCallExpression(parent)) return 'dynamic'
  if (isImportDeclaration(parent) && parent.importClause?.phaseModifier === SyntaxKind.TypeKeyword) return 'type'
  if (isExportDeclaration(parent) && parent.isTypeOnly) return 'type'
  return isImportTypeNode(parent.parent) ? 'type' : 'static'
}

function targetOf(path: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier)
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

function isDefaultExport(statement: Statement): boolean {
  if (isExportAssignment(statement)) return true
  if (
    isExportDeclaration(statement) &&
    statement.exportClause !== undefined &&
    isNamedExports(statement.exportClause)
  ) {
    return statement.exportClause.elements.some(({ name }) => name.text === 'default')
  }
  const modifiers = 'modifiers' in statement ? statement.modifiers : undefined
  return Array.isArray(modifiers) && modifiers.some((each: Node) => each.kind === SyntaxKind.DefaultKeyword)
}
