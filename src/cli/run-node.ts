import type { BrokerConfig } from '../config/broker-config.ts'
import { DiskFault } from '../runtime/disk.ts'
import { installCrashHandler } from '../runtime/node/crash-handler.ts'
import { fileHandleLimit } from '../runtime/node/file-handle-limit.ts'
import { limitHeapGrowth } from '../runtime/node/heap-growth.ts'
import type { LogOptions } from '../runtime/node/node-logger.ts'
import { NodeMetrics } from '../runtime/node/node-metrics.ts'
import { type NodeRuntime, openNodeRuntime } from '../runtime/node/node-runtime.ts'
import { DiskFailed, untilUsable } from '../server/disk-failed.ts'
import { startBroker } from '../server/start-broker.ts'
import { startController } from '../server/start-controller.ts'
import { brokerConfigIn } from './broker-config-file.ts'
import { CommandFailed, sentenceOf } from './command-failed.ts'
import { PidFile } from './pid-file.ts'
import { controllerReadyLine, readyLine } from './ready-line.ts'

const dayMs = 86_400_000
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
  let isStopWanted = false
  void run.stopWanted.then(() => {
    isStopWanted = true
  })
  try {
    for (let isAgain = false; ; isAgain = true) {
      // Each run counts anew.
      const fresh = isAgain ? { ...runtime, metrics: new NodeMetrics() } : runtime
      if (await runOnce(fresh, { run, config, name, isAgain })) return
      await awakeFor(untilUsable(runtime, config.logDirs[0] ?? '', () => isStopWanted))
      if (isStopWanted) return
      logger.info({}, 'the disk can be used again: it starts anew')
    }
  } finally {
    pid?.remove()
  }
}

/** Runs it until it ends. False: for its disk, and it may be started again. */
async function runOnce(
  runtime: NodeRuntime,
  { run, config, name, isAgain }: { run: NodeRun; config: BrokerConfig; name: string; isAgain: boolean },
): Promise<boolean> {
  const { logger } = runtime
  const starting = startUnlessStopped(runtime, { config, name, stopWanted: run.stopWanted })
  const node = isAgain ? await starting.catch(diskFaultOnly) : await starting
  if (node === null) return true
  if (node === 'disk') return false
  if (!isAgain) run.onReady(node.ready)
  const ended = await Promise.race([run.stopWanted, node.failed])
  if (ended instanceof DiskFailed) {
    logger.error({ error: ended }, 'it stops, and waits for its disk')
    await awakeFor(node.stop()).catch((error: unknown) => logger.error({ error }, 'it did not stop cleanly'))
    return false
  }
  if (ended instanceof Error) {
    logger.error({ error: ended }, 'it cannot go on')
    await awakeFor(node.stop())
    throw new CommandFailed(`${name} cannot go on: ${sentenceOf(ended)}`, { cause: ended })
  }
  logger.info({ because: ended }, 'stopping')
  await awakeFor(node.stop())
  logger.info({}, 'stopped cleanly')
  return true
}

/** Keeps the process alive until `work` is done: the runtime's own timers, which it may wait for alone, do not. */
async function awakeFor(work: Promise<void>): Promise<void> {
  const awake = setInterval(() => {}, dayMs)
  try {
    await work
  } finally {
    clearInterval(awake)
  }
}

/** It is not usable after all: it is waited for again. */
function diskFaultOnly(error: unknown): 'disk' {
  if (error instanceof CommandFailed && error.cause instanceof DiskFault) return 'disk'
  throw error
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
