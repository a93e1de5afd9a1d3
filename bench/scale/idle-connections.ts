import { BrokerConnection } from '../../src/client/broker-connection.ts'
import { nodeClock } from '../../src/runtime/node/node-clock.ts'
import { NodeNetwork } from '../../src/runtime/node/node-network.ts'
import { nodeRandom } from '../../src/runtime/node/node-random.ts'
import { fileHandleLimit } from '../../src/runtime/node/file-handle-limit.ts'
import type { ScaleBroker } from './scale-broker.ts'

const runtime = { clock: nodeClock, network: new NodeNetwork(), random: nodeRandom }
/** Openings under way at once: below the backlog of the listener. */
const openingsAtOnce = 100
/** What else this process and the broker's have open. */
const otherHandles = 128

export function openConnection({ address }: Pick<ScaleBroker, 'address'>): Promise<BrokerConnection> {
  return BrokerConnection.open(runtime, address, { clientId: 'scale', timeoutMs: 30_000 })
}

/** Opens connections that have asked for the broker's versions, as every client does first, and are silent then. */
export async function openIdle(broker: ScaleBroker, count: number): Promise<BrokerConnection[]> {
  const opened: BrokerConnection[] = []
  while (opened.length < count) {
    const openings = Math.min(openingsAtOnce, count - opened.length)
    opened.push(...(await Promise.all(Array.from({ length: openings }, () => openConnection(broker)))))
  }
  return opened
}

/** Throws, with what to do, when the system allows too few open files for so many connections. */
export function needHandles(connections: number, brokerFiles: number): void {
  const limit = fileHandleLimit() ?? Number.POSITIVE_INFINITY
  const wanted = connections + brokerFiles + otherHandles
  if (limit >= wanted) return
  throw new Error(
    `${connections} connections and ${brokerFiles} log files need ${wanted} open files, and ${limit} are allowed: ulimit -n ${wanted}`,
  )
}
