import { initProducerId } from '../kafka/schema/init-producer-id.ts'
import type { Cancellable, KafkaClient } from './kafka-client.ts'
import { check } from './kafka-error.ts'

/** Who writes, so that the broker tells repeats from new batches. */
export interface ProducerIdentity {
  readonly id: number
  readonly epoch: number
}

/** A producer id that nobody else has. */
export function newProducerIdentity(client: KafkaClient, options: Cancellable = {}): Promise<ProducerIdentity> {
  const body = { transactionalId: null, transactionTimeoutMs: 60_000 }
  return client.retry(async () => {
    const answer = await client.call(initProducerId, body, { to: 'any', signal: options.signal })
    check(answer.errorCode, 'getting a producer id')
    return { id: answer.producerId, epoch: answer.producerEpoch }
  }, options)
}
