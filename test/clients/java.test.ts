import { clientSuite } from './client-suite.ts'
import { JAVA } from './java.ts'

await clientSuite(JAVA)
