/** The clients of the matrix and how each is readied, by the project's own files, into its own folder. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './child.ts'
import type { ClientProgram } from './client-program.ts'
import { installNpmFolder } from './npm-folder.ts'
import { packageRoot } from './package-root.ts'

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

async function installKcat(): Promise<string | null> {
  if (await found('kcat', '-V')) return null
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'no kcat on PATH (Debian: apt-get install kcat)'
  const first = await failureOf('apt-get', ['install', '-y', 'kcat'], packageRoot)
  if (first === null) return null
  await failureOf('apt-get', ['update'], packageRoot)
  return failureOf('apt-get', ['install', '-y', 'kcat'], packageRoot)
}

async function installJava(): Promise<string | null> {
  for (const [command, flag] of [
    ['java', '-version'],
    ['javac', '-version'],
  ] as const) {
    if (!(await found(command, flag))) return `no ${command} on PATH (a JDK 17 is needed)`
  }
  if (!newer(join(java, 'lib'), join(java, 'pom.xml'))) {
    if (!(await found('mvn', '-v'))) return 'no mvn on PATH (Maven is needed to copy the jars)'
    const failure = await failureOf(
      'mvn',
      ['-q', 'dependency:copy-dependencies', `-DoutputDirectory=${java}/lib`],
      java,
    )
    if (failure !== null) return failure
  }
  if (newer(join(java, 'classes', 'Client.class'), join(java, 'Client.java'))) return null
  return failureOf('javac', ['-cp', `${java}/lib/*`, '-d', join(java, 'classes'), join(java, 'Client.java')], java)
}

async function installPython(): Promise<string | null> {
  const marker = join(python, '.venv', 'installed')
  if (newer(marker, join(python, 'requirements.txt'))) return null
  if (!(await found('python3', '--version'))) return 'no python3 on PATH'
  const pip = join(python, '.venv', 'bin', 'pip')
  return (
    (await failureOf('python3', ['-m', 'venv', '.venv'], python)) ??
    (await failureOf(pip, ['install', '--quiet', '--requirement', 'requirements.txt'], python)) ??
    (await failureOf('touch', [marker], python))
  )
}

function newer(made: string, source: string): boolean {
  return existsSync(made) && statSync(made).mtimeMs >= statSync(source).mtimeMs
}

async function found(command: string, flag: string): Promise<boolean> {
  const outcome = await run(command, [flag], { timeoutMs: 20_000 }).catch(() => null)
  return outcome?.code === 0
}

async function failureOf(command: string, args: readonly string[], cwd: string): Promise<string | null> {
  const outcome = await run(command, args, { timeoutMs: installMs, cwd }).catch((error: unknown) => ({
    code: 1,
    stderr: String(error),
  }))
  return outcome.code === 0 ? null : `${command} ${args[0]} failed: ${outcome.stderr.trim().slice(-200)}`
}
