import type { Offset } from '../record/offset.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import type { FollowerState } from './follower-states.ts'

/** Who leads still. */
interface HandingOver {
  readonly log: { readonly logEndOffset: Offset }
  readonly highWatermark: Offset
  followers(): readonly FollowerState[]
}

/** A leadership that is to go to another replica: tells once when that one has all that the leader has. */
export class HandOver {
  readonly #to: BrokerId
  readonly #rules: Pick<ReplicationRules, 'hasAll'>
  readonly #caughtUp: () => void
  #isDone = false

  constructor(to: BrokerId, rules: Pick<ReplicationRules, 'hasAll'>, caughtUp: () => void) {
    this.#to = to
    this.#rules = rules
    this.#caughtUp = caughtUp
  }

  /** To be called whenever a follower has fetched, or the watermark has moved. */
  look(leader: HandingOver): void {
    const successor = leader.followers().find(({ broker }) => broker === this.#to)
    const ends = { logEndOffset: leader.log.logEndOffset, highWatermark: leader.highWatermark }
    if (this.#isDone || successor === undefined || !this.#rules.hasAll(successor, ends)) return
    this.#isDone = true
    this.#caughtUp()
  }
}
