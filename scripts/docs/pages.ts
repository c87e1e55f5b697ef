import { documentedActions } from '../../src/api/documented-actions.ts'
import type { SourceTree } from '../../test/architecture/source-tree.ts'
import { apiPage } from './api-page.ts'
import { compatibilityPage } from './compatibility-page.ts'
import { configurationPage } from './configuration-page.ts'
import { contractPage } from './contract-page.ts'
import { errorsPage } from './errors-page.ts'
import { rowTests } from './row-tests.ts'
import { troubleshootingPage } from './troubleshooting-page.ts'

export const CONTRACT_PAGE = 'docs/reference/contract.md'

/** Path and text of every page that is generated, wholly or between marks. */
export function generatedPages(tree: SourceTree): ReadonlyMap<string, string> {
  const actions = documentedActions()
  return new Map([
    ['docs/reference/api.md', apiPage(actions)],
    ['docs/reference/configuration.md', configurationPage()],
    ['docs/reference/errors.md', errorsPage(actions)],
    ['docs/guide/troubleshooting.md', troubleshootingPage()],
    [CONTRACT_PAGE, contractPage(tree.get(CONTRACT_PAGE) ?? '', rowTests(tree))],
    ['docs/reference/compatibility.md', compatibilityPage(actions)],
  ])
}
