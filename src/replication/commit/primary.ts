import type { CommitPolicy, CommitView } from './commit-policy.ts'

/**
 * RocketMQ's rule, asynchronous (`backups` 0: what the primary has stored is committed) or with a double write: so many of its
 * backups must have it as well. The first replica is the primary. An epoch commits what it has inherited with its own first
 * entry, as a promotion compares logs by their last epochs.
 */
export function primaryCommit(backups: number): CommitPolicy {
  return {
    name: 'primary-backup',
    opensEpoch: true,
    committedUpTo(view) {
      const [own, ...others] = endsOf(view)
      const reached = backups === 0 ? (own ?? -1) : Math.min(own ?? -1, others[backups - 1] ?? -1)
      return reached > view.epochStart ? reached : -1
    },
    admits(view) {
      const inTouch = endsOf(view).filter((end) => end >= 0).length - 1
      return inTouch < backups ? { code: 'not-enough-replicas', inSync: inTouch + 1, required: backups + 1 } : null
    },
    // Somebody is promoted in its place only with the promise of so many backups that one of any so many is among them.
    provesLead: ({ copies, self }, heard) =>
      copies.filter(({ broker }) => broker !== self && heard.has(broker)).length >=
      Math.min(backups, copies.length - 1),
    takesWrites: (leader, [primary]) => primary?.broker === leader,
  }
}

/** The leader's own end, and those of the others, furthest first. */
function endsOf({ copies, self }: CommitView): number[] {
  const own = copies.find(({ broker }) => broker === self)?.storedUpTo ?? -1
  const others = copies.filter(({ broker }) => broker !== self).map(({ storedUpTo }) => storedUpTo)
  return [own, ...others.sort((one, other) => other - one)]
}
