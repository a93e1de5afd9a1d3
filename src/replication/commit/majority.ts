import type { CommitPolicy } from './commit-policy.ts'

/**
 * Raft's rule. A record is committed when more than half of the voters have it *and* it is of the leader's own epoch;
 * what earlier leaders left commits with the first entry of this epoch, never by counting alone (Raft paper, figure 8).
 */
export const majorityCommit: CommitPolicy = {
  name: 'majority',
  opensEpoch: true,
  takesWrites: () => true,
  provesLead: ({ copies, self }, heard) =>
    copies.filter(({ broker }) => broker === self || heard.has(broker)).length * 2 > copies.length,
  committedUpTo(view) {
    const ends = view.copies.map((copy) => copy.storedUpTo).sort((a, b) => b - a)
    const reached = ends[Math.floor(ends.length / 2)] ?? -1
    return reached > view.epochStart ? reached : -1
  },
  admits: () => null,
}
