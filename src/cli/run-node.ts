import type { BrokerConfig } from '../config/broker-config.ts'
import { installCrashHandler } from '../runtime/node/crash-handler.ts'
import { fileHandleLimit } from '../runtime/node/file-handle-limit.ts'
import { limitHeapGrowth } from '../runtime/node/heap-growth.ts'
import type { LogOptions } from '../runtime/node/node-logger.ts'
import { type NodeRuntime, openNodeRuntime } from '../runtime/node/node-runtime.ts'
import { startBroker } from '../server/start-broker.ts'
import { startController } from '../server/start-controller.ts'
import { brokerConfigIn } from './broker-config-file.ts'
import { CommandFailed, sentenceOf } from './command-failed.ts'
import { PidFile } from './pid-file.ts'
import { controllerReadyLine, readyLine } from './ready-line.ts'

/** Files besides those of logs and connections: the program's own, metadata, checkpoints. */
const otherFileHandles = 128

export interface NodeRun {
  readonly configPath: string
  /** Covers `insecure.listen` of the file when true. */
  readonly insecureListen: boolean
  readonly log: LogOptions
  /** Where the process id is written; null: nowhere. */
  readonly pidPath: string | null
  /** Told once others can work with it: the line that begins with `ready`. */
  onReady(line: string): void
  /** Resolves when the node is to stop. */
  readonly stopWanted: Promise<string>
}

/** A broker or a controller that has started. */
interface RunningNode {
  readonly ready: string
  readonly failed: Promise<Error>
  stop(): Promise<void>
}

/** Runs one broker or controller in this process until it is told to stop, or cannot go on. Rejects with `CommandFailed`. */
export async function runNode(run: NodeRun): Promise<void> {
  limitHeapGrowth()
  const config = await brokerConfigIn(run.configPath, run.insecureListen)
  const runtime = await openNodeRuntime({ log: run.log })
  const { logger } = runtime
  installCrashHandler({ logger })
  warnOfFewFileHandles(config, (facts, message) => logger.warn(facts, message))
  const name = `${isBroker(config) ? 'Broker' : 'Controller'} ${config.nodeId}`
  const pid = run.pidPath === null ? null : new PidFile(run.pidPath)
  const rival = pid?.running() ?? null
  if (rival !== null) throw new CommandFailed(`${name} is running already (process ${rival}).`)
  pid?.write()
  try {
    const node = await startUnlessStopped(runtime, { config, name, stopWanted: run.stopWanted })
    if (node === null) return
    run.onReady(node.ready)

    const ended = await Promise.race([run.stopWanted, node.failed])
    if (ended instanceof Error) {
      logger.error({ error: ended }, 'it cannot go on')
      await node.stop()
      throw new CommandFailed(`${name} cannot go on: ${sentenceOf(ended)}`, { cause: ended })
    }
    logger.info({ because: ended }, 'stopping')
    await node.stop()
    logger.info({}, 'stopped cleanly')
  } finally {
    pid?.remove()
  }
}

/** Null: it was told to stop while it waited for others, and has done so. */
async function startUnlessStopped(
  runtime: NodeRuntime,
  wanted: { config: BrokerConfig; name: string; stopWanted: Promise<string> },
): Promise<RunningNode | null> {
  const { config, name, stopWanted } = wanted
  const giveUp = new AbortController()
  void stopWanted.then(() => giveUp.abort())
  try {
    return isBroker(config) ? await broker(runtime, config, giveUp.signal) : await controller(runtime, config)
  } catch (error) {
    if (giveUp.signal.aborted) {
      runtime.logger.info({}, 'stopped before it was ready')
      return null
    }
    runtime.logger.error({ error }, 'it could not start')
    throw new CommandFailed(`${name} could not start: ${sentenceOf(error)}`, { cause: error })
  }
}

async function broker(runtime: NodeRuntime, config: BrokerConfig, giveUp: AbortSignal): Promise<RunningNode> {
  const running = await startBroker(runtime, config, { giveUp })
  return { ready: readyLine([running]), failed: running.failed, stop: () => running.stop() }
}

async function controller(runtime: NodeRuntime, config: BrokerConfig): Promise<RunningNode> {
  const running = await startController(runtime, config)
  return { ready: controllerReadyLine(running.peer), failed: running.failed, stop: () => running.stop() }
}

const isBroker = ({ processRoles }: BrokerConfig): boolean => processRoles.includes('broker')

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
