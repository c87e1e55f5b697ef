import type { PageProps } from '../../routes.tsx'
import { ErrorCodeList } from './error-code-list.tsx'
import { ErrorCodePage } from './error-code-page.tsx'

export function ErrorsPage({ rest }: PageProps) {
  const [code] = rest
  return code === undefined ? <ErrorCodeList /> : <ErrorCodePage key={code} answered={code} />
}
