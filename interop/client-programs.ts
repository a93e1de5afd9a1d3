/** The clients of the matrix and how each is readied, by the project's own files, into its own folder. */
import { existsSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { failureOf, type RunOptions } from './child.ts'
import type { ClientProgram } from './client-program.ts'
import { installNpmFolder } from './npm-folder.ts'
import { packageRoot } from './package-root.ts'
import { missingPrograms } from './system-package.ts'

const folder = (name: string): string => join(packageRoot, 'interop', 'clients', name)
const installMs = 300_000

const java = folder('java')
const python = folder('confluent-kafka')
const allCodecs = ['gzip', 'snappy', 'lz4', 'zstd']

export const clientPrograms: readonly ClientProgram[] = [
  {
    name: 'kafkajs',
    command: process.execPath,
    prefix: [join(folder('kafkajs'), 'client.mjs')],
    install: installKafkajs,
    headersPerRecord: true,
    cannotCreateTopics: null,
    codecs: ['gzip'],
  },
  {
    name: 'kcat',
    command: process.execPath,
    prefix: [join(folder('kcat'), 'client.mjs')],
    install: installKcat,
    headersPerRecord: false,
    cannotCreateTopics: 'kcat has no create command; the topic is made by auto creation instead',
    codecs: allCodecs,
  },
  {
    name: 'java',
    command: 'java',
    prefix: [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      `${java}/classes:${java}/lib/*`,
      'Client',
    ],
    install: installJava,
    headersPerRecord: true,
    cannotCreateTopics: null,
    codecs: allCodecs,
  },
  {
    name: 'confluent-kafka',
    command: join(python, '.venv', 'bin', 'python'),
    prefix: [join(python, 'client.py')],
    install: installPython,
    headersPerRecord: true,
    cannotCreateTopics: null,
    codecs: allCodecs,
  },
]

function installKafkajs(): Promise<string | null> {
  return installNpmFolder(folder('kafkajs')).then(
    () => null,
    (error: unknown) => String(error),
  )
}

function installKcat(): Promise<string | null> {
  return missingPrograms('kcat')
}

async function installJava(): Promise<string | null> {
  const missing = await missingPrograms('java', 'javac')
  if (missing !== null) return missing
  const copied = join(java, 'lib', 'copied')
  if (!newer(copied, join(java, 'pom.xml'))) {
    // What an older pom.xml or an interrupted run has left would be on the class path, too.
    rmSync(join(java, 'lib'), { recursive: true, force: true })
    const args = ['-q', 'dependency:copy-dependencies', `-DoutputDirectory=${java}/lib`]
    const failure =
      (await missingPrograms('mvn')) ??
      (await failureOf('mvn', args, inFolder(java))) ??
      (await failureOf('touch', [copied], inFolder(java)))
    if (failure !== null) return failure
  }
  if (newer(join(java, 'classes', 'Client.class'), join(java, 'Client.java'))) return null
  const args = ['-cp', `${java}/lib/*`, '-d', join(java, 'classes'), join(java, 'Client.java')]
  return failureOf('javac', args, inFolder(java))
}

async function installPython(): Promise<string | null> {
  const marker = join(python, '.venv', 'installed')
  if (newer(marker, join(python, 'requirements.txt'))) return null
  const pip = join(python, '.venv', 'bin', 'pip')
  return (
    (await missingPrograms('python3')) ??
    (await failureOf('python3', ['-m', 'venv', '.venv'], inFolder(python))) ??
    (await failureOf(pip, ['install', '--quiet', '--requirement', 'requirements.txt'], inFolder(python))) ??
    (await failureOf('touch', [marker], inFolder(python)))
  )
}

function inFolder(cwd: string): RunOptions {
  return { timeoutMs: installMs, cwd }
}

function newer(made: string, source: string): boolean {
  return existsSync(made) && statSync(made).mtimeMs >= statSync(source).mtimeMs
}
