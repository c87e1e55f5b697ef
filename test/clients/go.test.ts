import { clientSuite } from './client-suite.ts'
import { GO } from './go.ts'

await clientSuite(GO)
