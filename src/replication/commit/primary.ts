import type { CommitPolicy, CommitView } from './commit-policy.ts'

/**
 * RocketMQ's rule, asynchronous (`backups` 0: what the primary has stored is committed) or with a double write: so many of its
 * backups must have it as well. The first replica is the primary. An epoch commits what it has inherited with its own first
 * entry, as a promotion compares logs by their last epochs. `degradesAfterMs`: it goes on as with 0 while they are slower than that.
 */
export function primaryCommit(backups: number, degradesAfterMs: number | null = null): CommitPolicy {
  const awaited = ({ isDegraded = false }: CommitView): number => (isDegraded ? 0 : backups)
  return {
    name: 'primary-backup',
    opensEpoch: true,
    ...(degradesAfterMs === null ? {} : { degradesAfterMs }),
    committedUpTo(view) {
      const [own, ...others] = endsOf(view)
      const count = awaited(view)
      const reached = count === 0 ? (own ?? -1) : Math.min(own ?? -1, others[count - 1] ?? -1)
      return reached > view.epochStart ? reached : -1
    },
    admits(view) {
      const inTouch = endsOf(view).filter((end) => end >= 0).length - 1
      return inTouch < awaited(view)
        ? { code: 'not-enough-replicas', inSync: inTouch + 1, required: backups + 1 }
        : null
    },
    // Somebody is promoted in its place only with the promise of so many backups that one of any so many is among them; where it may
    // have acknowledged alone, only with its own.
    provesLead: ({ copies, self }, heard) =>
      copies.filter(({ broker }) => broker !== self && heard.has(broker)).length >=
      Math.min(degradesAfterMs === null ? backups : 0, copies.length - 1),
    takesWrites: (leader, [primary]) => primary?.broker === leader,
  }
}

/** The leader's own end, and those of the others, furthest first. */
function endsOf({ copies, self }: CommitView): number[] {
  const own = copies.find(({ broker }) => broker === self)?.storedUpTo ?? -1
  const others = copies.filter(({ broker }) => broker !== self).map(({ storedUpTo }) => storedUpTo)
  return [own, ...others.sort((one, other) => other - one)]
}
