import { parseBrokerConfig } from '../src/config/broker-config.ts'
import { startBroker } from '../src/server/start-broker.ts'
import type { BrokerUnderTest } from './tested-broker.ts'
import { KafkaWorkloadClient } from './kafka-client.ts'
import { KafkaLink } from './kafka-link.ts'
import { endsOn } from './ends-on.ts'
import { receiptsOn } from './receipts-on.ts'

/** The broker that Trilog ships, and clients that speak Kafka's protocol with it. */
export const kafkaBroker: BrokerUnderTest = {
  startBroker: (runtime, { dataDirectory, host, port, settings }) =>
    startBroker(
      runtime,
      parseBrokerConfig({
        'node.id': '1',
        'log.dirs': dataDirectory,
        listeners: `PLAINTEXT://${host}:${port}`,
        'insecure.listen': 'true',
        'http.port': '-1',
        'group.min.session.timeout.ms': '100',
        'group.initial.rebalance.delay.ms': '0',
        'offsets.topic.num.partitions': '2',
        'offsets.topic.replication.factor': '1',
        ...settings,
      }),
    ),
  receiptsOn,
  endsOn,
  openClient: (runtime, bootstrap) => new KafkaWorkloadClient(runtime, () => new KafkaLink(runtime, bootstrap)),
}
