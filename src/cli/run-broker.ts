import type { BrokerConfig } from '../config/broker-config.ts'
import { installCrashHandler } from '../runtime/node/crash-handler.ts'
import { fileHandleLimit } from '../runtime/node/file-handle-limit.ts'
import type { LogOptions } from '../runtime/node/node-logger.ts'
import { openNodeRuntime } from '../runtime/node/node-runtime.ts'
import { type RunningBroker, startBroker } from '../server/start-broker.ts'
import { brokerConfigIn } from './broker-config-file.ts'
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
