import { sampleSuite } from '../samples/sample-suite.ts'

await sampleSuite(['python', 'go', 'java'])
