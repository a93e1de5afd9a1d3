import type { Broker } from '../broker/broker.ts'
import type { Runtime } from '../runtime/runtime.ts'

/**
 * Forgets idempotent producers that have been silent for `producer.id.expiration.ms`, with one timer for all partitions. Returns
 * how to stop.
 */
export function expireProducers({ clock }: Pick<Runtime, 'clock'>, broker: Broker): () => void {
  let stop = (): void => {}
  const next = (): void => {
    const timer = clock.setTimer(broker.config.producerIdExpirationCheckIntervalMs, () => {
      const nowMs = clock.nowMs()
      const { producerIdExpirationMs: expirationMs } = broker.config
      for (const { log } of broker.replicas()) {
        log.producers.expire(nowMs, expirationMs)
        for (const { producers } of log.queues?.all() ?? []) producers.expire(nowMs, expirationMs)
      }
      next()
    })
    stop = () => timer.cancel()
  }
  next()
  return () => stop()
}
