import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onEnd, run, runOrThrow } from '../child.ts'
import { freePortBase } from '../free-ports.ts'
import { packageRoot } from '../package-root.ts'
import { missingPrograms } from '../install/system-package.ts'
import { removeFolder } from './remove-folder.ts'
import type { Target } from './target.ts'

/** The script that installs, starts and stops Apache Kafka, and runs its tools. */
export const kafkaScript = join(packageRoot, 'interop', 'reference', 'kafka', 'kafka')

/** Null when Apache Kafka and its tools can be used here, else why not. Copies the jars on first use. */
export async function installKafka(): Promise<string | null> {
  const lib = join(packageRoot, 'interop', 'reference', 'kafka', 'lib')
  if (existsSync(lib) && readdirSync(lib).some((jar) => jar.startsWith('kafka-tools-'))) return null
  const missing = await missingPrograms('java', 'javac', 'mvn')
  if (missing !== null) return `Apache Kafka needs a JDK 17 and Maven: ${missing}`
  const outcome = await run(kafkaScript, ['install'], { timeoutMs: 300_000 })
  return outcome.code === 0 ? null : `Apache Kafka could not be installed: ${outcome.stderr.trim().slice(-300)}`
}

/**
 * A real Kafka broker of one. Its group start delay is 0, as a development Trilog's is, so that cases take the same time.
 * `properties` are further lines of its server.properties.
 */
export function startKafka(...properties: readonly string[]): Promise<Target> {
  return startNodes(1, properties)
}

/** Real Kafka of that many nodes, each broker and controller. What kills and starts means the first. */
export function startKafkaCluster(nodes: number): Promise<Target> {
  return startNodes(nodes, [])
}

async function startNodes(nodes: number, properties: readonly string[]): Promise<Target> {
  const missing = await installKafka()
  if (missing !== null) throw new Error(missing)
  const folder = await mkdtemp(join(tmpdir(), 'kafka-interop-'))
  const each = Array.from({ length: nodes }, (_, at) => at)
  const port = await freePortBase([...each.slice(1), ...each.map((at) => 101 + at)])
  const settings = ['group.initial.rebalance.delay.ms=0', ...properties]
  const env = { KAFKA_DIR: folder, KAFKA_PROPS: settings.join('\n') }
  const kafka = (...args: string[]): Promise<string> =>
    runOrThrow(kafkaScript, args, { timeoutMs: nodes * 90_000, env })
  const stop = async (): Promise<void> => {
    release()
    await runOrThrow(kafkaScript, ['down'], { timeoutMs: 30_000, env, cleanup: true })
    await removeFolder(folder)
  }
  const release = onEnd(stop)
  const bootstrap = (await kafka('up', String(nodes), String(port))).trim()
  return {
    name: 'kafka',
    bootstrap,
    createsLater: true,
    stop,
    control: {
      kill: async () => void (await kafka('kill', '1')),
      restart: async () => {
        await kafka('start', '1')
        await kafka('wait', '1')
      },
      halt: async () => void (await kafka('down')),
      startCommand: `KAFKA_DIR='${folder}' '${kafkaScript}' start 1`,
      dataFolder: join(folder, 'node1', 'data'),
      pids: async () => (await kafka('pids')).trim().split('\n').map(Number),
    },
  }
}
