import type { Runtime } from '../runtime.ts'
import { readBootId } from './boot-id.ts'
import { nodeClock } from './node-clock.ts'
import { NodeDisk } from './node-disk.ts'
import { type LogOptions, openLogger } from './node-logger.ts'
import { NodeMetrics } from './node-metrics.ts'
import { NodeNetwork } from './node-network.ts'
import { nodeRandom } from './node-random.ts'

/** A runtime on the real machine. Its metrics can be scraped. */
export interface NodeRuntime extends Runtime {
  readonly metrics: NodeMetrics
}

/** The real world of this process. Opens nothing but the log's destination. */
export async function openNodeRuntime(options: { log?: LogOptions } = {}): Promise<NodeRuntime> {
  return {
    clock: nodeClock,
    random: nodeRandom,
    disk: new NodeDisk(),
    network: new NodeNetwork(),
    logger: await openLogger(options.log),
    metrics: new NodeMetrics(),
    bootId: readBootId(),
    exit: (code) => process.exit(code),
  }
}
