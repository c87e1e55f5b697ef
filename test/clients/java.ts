import { join } from 'node:path'
import { runTool, type Toolchain } from './toolchain.ts'

export const JAVA: Toolchain = {
  language: 'Java',
  source: 'java',
  manifest: 'pom.xml',
  tools: [
    ['mvn', '--version'],
    ['javac', '--version'],
    ['java', '--version'],
  ],
  inShortRun: false,
  fetch: ({ source, fetched, built }) =>
    runTool([
      'mvn',
      '--batch-mode',
      '--quiet',
      `--file=${join(source, 'pom.xml')}`,
      `-Dmaven.repo.local=${join(fetched, 'repository')}`,
      `-DoutputDirectory=${join(built, 'jars')}`,
      'dependency:copy-dependencies',
    ]),
  build: ({ source, built }) =>
    runTool([
      'javac',
      '-encoding',
      'UTF-8',
      '-nowarn',
      '-cp',
      join(built, 'jars', '*'),
      '-d',
      join(built, 'classes'),
      join(source, 'client-program.java'),
    ]),
  // -XX:-UsePerfData: else it leaves a file in the folder for temporary files.
  command: ({ built }) => [
    'java',
    '-XX:-UsePerfData',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    `${join(built, 'jars', '*')}:${join(built, 'classes')}`,
    'ClientProgram',
  ],
}
