import { type BrokerAddress, BrokerConnection } from '../client/broker-connection.ts'
import { retrying } from '../client/wait.ts'
import { nodeClock } from '../runtime/node/node-clock.ts'
import { NodeNetwork } from '../runtime/node/node-network.ts'
import { nodeRandom } from '../runtime/node/node-random.ts'
import { CommandFailed, sentenceOf } from './command-failed.ts'

/** Waits until a broker that somebody else has started answers clients. */
export async function reachBroker(address: BrokerAddress, timeoutMs: number): Promise<void> {
  const runtime = { clock: nodeClock, random: nodeRandom, network: new NodeNetwork() }
  try {
    await retrying({ clock: nodeClock, random: nodeRandom, timeoutMs, signal: undefined }, async (leftMs) => {
      const connection = await BrokerConnection.open(runtime, address, { clientId: 'trilog', timeoutMs: leftMs })
      connection.close()
    })
  } catch (error) {
    throw new CommandFailed(`A broker runs, but does not answer: ${sentenceOf(error)}`, { cause: error })
  }
}
