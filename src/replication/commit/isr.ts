import type { Offset } from '../../record/offset.ts'
import type { CommitPolicy, CommitView } from './commit-policy.ts'

/**
 * Kafka's rule. A record is committed when every member of the maximal in-sync set has it and the committed set has at
 * least `min.insync.replicas` members; below that the watermark stands still, whatever the producers' acks (KIP-966).
 * A topic cannot ask for more members than it has replicas: the smaller number counts, as in Kafka since 4.0.
 */
export function isrCommit(minInSyncReplicas: number): CommitPolicy {
  const required = (view: CommitView): number => Math.min(minInSyncReplicas, view.copies.length)
  return {
    name: 'isr',
    opensEpoch: false,
    takesWrites: () => true,
    // Any of them may have been elected.
    provesLead: ({ maximalInSync, eligible, self }, heard) =>
      [...maximalInSync, ...eligible].every((broker) => broker === self || heard.has(broker)),
    committedUpTo(view) {
      if (view.inSync.length < required(view)) return -1
      let least: Offset = Number.MAX_SAFE_INTEGER
      for (const broker of view.maximalInSync) {
        const copy = view.copies.find((candidate) => candidate.broker === broker)
        least = Math.min(least, copy?.storedUpTo ?? -1)
      }
      return view.maximalInSync.length === 0 ? -1 : least
    },
    admits(view) {
      const missing = view.inSync.length < required(view)
      return missing ? { code: 'not-enough-replicas', inSync: view.inSync.length, required: required(view) } : null
    },
  }
}
