import { type Command, Option } from 'commander'
import type { BrokerAddress } from '../client/broker-connection.ts'
import { KafkaClient } from '../client/kafka-client.ts'
import { nodeClock } from '../runtime/node/node-clock.ts'
import { NodeNetwork } from '../runtime/node/node-network.ts'
import { nodeRandom } from '../runtime/node/node-random.ts'
import { bootstrap } from './command-line.ts'

export interface ClientOptions {
  readonly bootstrap: BrokerAddress[]
}

const defaultBootstrap = '127.0.0.1:9092'

/** How long a command waits for a broker that is away or busy. A person waits for the answer. */
const retryTimeoutMs = 5_000

/** The options of every command that talks to a broker. */
export function withClientOptions(command: Command): Command {
  const option = new Option('--bootstrap <host:port>', 'brokers to ask first')
  option.argParser(bootstrap).default(bootstrap(defaultBootstrap), defaultBootstrap)
  return command.addOption(option)
}

/** Runs `use` with a client that is closed afterwards, whatever happened. */
export async function withClient<T>(options: ClientOptions, use: (client: KafkaClient) => Promise<T>): Promise<T> {
  const runtime = { clock: nodeClock, network: new NodeNetwork(), random: nodeRandom }
  const client = new KafkaClient({ runtime, bootstrap: options.bootstrap, clientId: 'trilog-cli', retryTimeoutMs })
  try {
    return await use(client)
  } finally {
    client.close()
  }
}
