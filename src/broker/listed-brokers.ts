import type { BrokerImage, ClusterImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'

/** Long enough for clients to hear of new leaders first. */
const listedOnMs = 5_000

/**
 * The brokers that clients are told of: those that live, and for some seconds more those that did. librdkafka takes its partitions from a
 * broker that is not listed any more, one that it has just given to the next leader by the same answer included, and looks for
 * that again only a second later. Kafka lists a dead broker for as long as its session lasts, nine seconds.
 */
export class ListedBrokers {
  readonly #image: ClusterImage
  readonly #clock: Clock
  /** When brokers were fenced, by the monotonic clock. */
  readonly #fencedMs = new Map<BrokerId, number>()

  constructor({ image, clock }: { image: ClusterImage; clock: Clock }) {
    this.#image = image
    this.#clock = clock
  }

  /** What the metadata log says from now on. */
  apply(records: readonly MetadataRecord[]): void {
    for (const record of records) {
      if (record.type === 'broker-change' && record.fenced)
        this.#fencedMs.set(record.brokerId, this.#clock.monotonicMs())
    }
  }

  /** In the order of their ids. */
  all(): BrokerImage[] {
    return this.#image.brokersThat((broker) => this.#isListed(broker))
  }

  #isListed({ id, fenced }: BrokerImage): boolean {
    if (!fenced) return true
    const fencedMs = this.#fencedMs.get(id)
    return fencedMs !== undefined && this.#clock.monotonicMs() - fencedMs < listedOnMs
  }
}
