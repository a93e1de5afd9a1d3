import type { HostedPartitions } from '../broker/hosted-partitions.ts'
import type { Replica } from '../replica/replica.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { startRounds } from './rounds.ts'

/** `sync.backup.timeout.ms` is kept to within so many ms. */
const everyMs = 250

/**
 * Looks whether backups keep up with the primaries here that may go on without them (`sync.on.timeout=degrade`), one round for all. Nobody
 * acknowledges alone without a warning, and a metric that shows it for as long as it lasts.
 */
export function startSyncWatch({ clock, logger, metrics }: Runtime, partitions: HostedPartitions): () => Promise<void> {
  const alone = new Set<Replica>()
  const times = metrics.counter({
    name: 'trilog_degradations_total',
    help: 'How often a primary went on without its backups, as sync.on.timeout=degrade allows.',
  })
  metrics.observe(
    {
      name: 'trilog_degraded_partitions',
      help: 'Partitions whose primary here acknowledges alone at present, as its backups do not keep up.',
      kind: 'gauge',
    },
    () => [{ value: alone.size }],
  )

  async function look(): Promise<void> {
    for (const replica of alone) if (!replica.isDegraded) alone.delete(replica)
    for (const replica of partitions.degradable()) {
      const was = replica.isDegraded
      replica.reviewInSync(Number.MAX_SAFE_INTEGER)
      if (was === replica.isDegraded) continue
      const { topic, partition, epoch, highWatermark } = replica
      const facts = { topic, partition, epoch, highWatermark }
      if (was) {
        alone.delete(replica)
        logger.info(facts, 'backups have everything again: records wait for them as before')
      } else {
        alone.add(replica)
        times.add(1)
        logger.warn(
          facts,
          'backups do not keep up: the primary acknowledges alone, which the loss of its disk would undo',
        )
      }
    }
  }

  return startRounds(clock, { everyMs: () => everyMs, round: look, over: partitions.reviewed })
}
