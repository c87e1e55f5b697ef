import { sampleSuite } from './sample-suite.ts'

await sampleSuite(['curl', 'node', 'postern', 'aliyun', 'python'])
