import type { Offset } from '../../record/offset.ts'
import type { ReplicaCopy } from '../commit/commit-policy.ts'
import type { BrokerId } from '../replica-id.ts'
import type { ServeRefusal, ServeView } from './serve-policy.ts'

/**
 * The leader, up to its high watermark; and any replica in sync that is in touch with it, up to the watermark that it was told: all
 * of that is committed. One that falls out of either sends its consumers back.
 */
export function nearVisible(view: ServeView): Offset | ServeRefusal {
  if (view.leads) return view.highWatermark
  if (!view.isInTouch || !view.isInSync) return { code: 'not-leader' }
  return Math.min(view.highWatermark, view.storedUpTo)
}

/**
 * Where a consumer in `rack` is to read on, other than at the leader: at the replica of its rack that has most, as Kafka's
 * RackAwareReplicaSelector has it. Null: at the leader, which is in that rack itself, or nobody in sync is.
 */
export function nearestOf(asked: {
  rack: string
  leader: BrokerId
  /** The other replicas that may serve what is asked for. */
  copies: readonly ReplicaCopy[]
  rackOf(broker: BrokerId): string | null
}): BrokerId | null {
  const { rack, leader, copies, rackOf } = asked
  if (rack === '' || rackOf(leader) === rack) return null
  let nearest: ReplicaCopy | null = null
  for (const copy of copies) {
    if (rackOf(copy.broker) === rack && copy.storedUpTo > (nearest?.storedUpTo ?? -1)) nearest = copy
  }
  return nearest?.broker ?? null
}
