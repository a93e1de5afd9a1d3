import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type BrokerConfig, InvalidBrokerConfig, parseBrokerConfig } from '../config/broker-config.ts'
import { InvalidConfigFile, readConfigFile } from '../config/config-file.ts'
import { installCrashHandler } from '../runtime/node/crash-handler.ts'
import { fileHandleLimit } from '../runtime/node/file-handle-limit.ts'
import type { LogOptions } from '../runtime/node/node-logger.ts'
import { openNodeRuntime } from '../runtime/node/node-runtime.ts'
import { type RunningBroker, startBroker } from '../server/start-broker.ts'
import { CommandFailed, sentenceOf } from './command-failed.ts'
import { PidFile } from './pid-file.ts'
import { readyLine } from './ready-line.ts'

/** Files besides those of logs and connections: the program's own, metadata, checkpoints. */
const otherFileHandles = 128

export interface BrokerRun {
  readonly configPath: string
  /** Covers `insecure.listen` of the file when true. */
  readonly insecureListen: boolean
  readonly log: LogOptions
  /** Where the process id is written; null: nowhere. */
  readonly pidPath: string | null
  /** Told once clients can work: the line that begins with `ready`. */
  onReady(line: string): void
  /** Resolves when the broker is to stop. */
  readonly stopWanted: Promise<string>
}

/** Runs one broker in this process until it is told to stop, or cannot go on. Rejects with `CommandFailed`. */
export async function runBroker(run: BrokerRun): Promise<void> {
  const config = await brokerConfigIn(run.configPath, run.insecureListen)
  const runtime = await openNodeRuntime({ log: run.log })
  const { logger } = runtime
  installCrashHandler({ logger })
  warnOfFewFileHandles(config, (facts, message) => logger.warn(facts, message))
  const pid = run.pidPath === null ? null : new PidFile(run.pidPath)
  const rival = pid?.running() ?? null
  if (rival !== null) throw new CommandFailed(`Broker ${config.nodeId} is running already (process ${rival}).`)
  pid?.write()
  try {
    let broker: RunningBroker
    try {
      broker = await startBroker(runtime, config)
    } catch (error) {
      logger.error({ error }, 'the broker could not start')
      throw new CommandFailed(`Broker ${config.nodeId} could not start: ${sentenceOf(error)}`, { cause: error })
    }
    run.onReady(readyLine([{ kafka: broker.kafka, http: broker.http }]))
    const ended = await Promise.race([run.stopWanted, broker.failed])
    if (ended instanceof Error) {
      logger.error({ error: ended }, 'the broker cannot go on')
      await broker.stop()
      throw new CommandFailed(`Broker ${config.nodeId} cannot go on: ${sentenceOf(ended)}`, { cause: ended })
    }
    logger.info({ because: ended }, 'stopping')
    await broker.stop()
    logger.info({}, 'stopped cleanly')
  } finally {
    pid?.remove()
  }
}

/** The broker's settings in a YAML file. A relative folder of logs is taken from the file's own folder. */
export async function brokerConfigIn(path: string, insecureListen = false): Promise<BrokerConfig> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new CommandFailed(`No configuration can be read at ${path}: ${sentenceOf(error)}`, { cause: error })
  }
  try {
    const texts = await readConfigFile(text)
    const folders = texts['log.dirs']
    const base = dirname(resolve(path))
    if (folders !== undefined) texts['log.dirs'] = absolute(folders, base)
    if (insecureListen) texts['insecure.listen'] = 'true'
    return parseBrokerConfig(texts)
  } catch (error) {
    if (!(error instanceof InvalidBrokerConfig || error instanceof InvalidConfigFile)) throw error
    const lines = error.message.split('\n')
    const problems = lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n  ${line}`).join('')
    throw new CommandFailed(`${path} is no configuration that a broker can start with:${problems}`, { cause: error })
  }
}

function absolute(folders: string, base: string): string {
  return folders
    .split(',')
    .map((folder) => folder.trim())
    .map((folder) => (folder === '' ? folder : resolve(base, folder)))
    .join(',')
}

function warnOfFewFileHandles(config: BrokerConfig, warn: (facts: object, message: string) => void): void {
  const limit = fileHandleLimit()
  const wanted = config.logFileHandlesMax + config.maxConnections + otherFileHandles
  if (limit === null || limit >= wanted) return
  const facts = {
    limit,
    wanted,
    'log.file.handles.max': config.logFileHandlesMax,
    'max.connections': config.maxConnections,
  }
  warn(facts, 'the system allows fewer open files than log.file.handles.max and max.connections together may need')
}
