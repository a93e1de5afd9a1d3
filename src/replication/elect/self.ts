import type { LeaderEpoch } from '../../record/offset.ts'
import { invariant } from '../../runtime/invariant.ts'
import type { BrokerId } from '../replica-id.ts'

export type ElectionEvent =
  /** No leader is known: stand. */
  | { type: 'stand' }
  /** The vote asked for by `persist` is on disk. */
  | { type: 'persisted'; epoch: LeaderEpoch }
  | { type: 'granted'; epoch: LeaderEpoch; by: BrokerId }

export type ElectionEffect =
  /** Must be durable before this replica counts its own vote or asks for others. */
  { type: 'persist'; epoch: LeaderEpoch; votedFor: BrokerId } | { type: 'elected'; epoch: LeaderEpoch }

/**
 * How the replicas of a `self` group choose their leader: a candidate of a new epoch leads once more than half of the
 * voters have given it their vote, its own counted when that is on disk.
 *
 * Follower → candidate (stand) → leader (votes of a majority). A candidate that stands again does so in a higher epoch.
 */
export class Election {
  readonly #self: BrokerId
  readonly #voters: readonly BrokerId[]
  #epoch: LeaderEpoch
  #votes = new Set<BrokerId>()
  #elected = false

  constructor(election: { self: BrokerId; voters: readonly BrokerId[]; epoch: LeaderEpoch }) {
    invariant(election.voters.includes(election.self), 'only a voter stands for election', election)
    this.#self = election.self
    this.#voters = election.voters
    this.#epoch = election.epoch
  }

  step(event: ElectionEvent): ElectionEffect[] {
    switch (event.type) {
      case 'stand':
        this.#epoch += 1
        this.#votes.clear()
        this.#elected = false
        return [{ type: 'persist', epoch: this.#epoch, votedFor: this.#self }]
      case 'persisted':
        return this.#onVote(event.epoch, this.#self)
      case 'granted':
        return this.#onVote(event.epoch, event.by)
      default:
        return event satisfies never
    }
  }

  #onVote(epoch: LeaderEpoch, by: BrokerId): ElectionEffect[] {
    // A vote of an earlier candidacy says nothing about this one.
    if (epoch !== this.#epoch || this.#elected || !this.#voters.includes(by)) return []
    this.#votes.add(by)
    if (this.#votes.size * 2 <= this.#voters.length) return []
    this.#elected = true
    return [{ type: 'elected', epoch }]
  }
}
