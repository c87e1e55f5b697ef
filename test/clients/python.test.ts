import { clientSuite } from './client-suite.ts'
import { PYTHON } from './python.ts'

await clientSuite(PYTHON)
