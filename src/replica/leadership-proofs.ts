import type { BrokerId } from '../replication/replica-id.ts'

interface Proof<Refusal> {
  /** Those that an answer has gone out to since it was begun: what they fetch next, they fetch after that. */
  readonly asked: Set<BrokerId>
  readonly heard: Set<BrokerId>
  readonly settle: (refusal: Refusal | null) => void
}

/**
 * Whether a leader still leads, as of when it was asked: enough of those that could have taken its place have begun a fetch
 * in its epoch since. No clock is trusted for that (there are no leases); a leader that was cut off or stood still finds out
 * before it answers.
 */
export class LeadershipProofs<Refusal> {
  readonly #isEnough: (heard: ReadonlySet<BrokerId>) => boolean
  #open: Proof<Refusal>[] = []

  constructor(isEnough: (heard: ReadonlySet<BrokerId>) => boolean) {
    this.#isEnough = isEnough
  }

  /** `settle(null)` once it is proven, `settle(refusal)` when the leadership ends before. */
  begin(settle: (refusal: Refusal | null) => void): void {
    const proof = { asked: new Set<BrokerId>(), heard: new Set<BrokerId>(), settle }
    if (this.#isEnough(proof.heard)) settle(null)
    else this.#open.push(proof)
  }

  /** An answer is due for that follower, only so that it fetches again. */
  waitsFor(broker: BrokerId): boolean {
    return this.#open.some(({ asked }) => !asked.has(broker))
  }

  answered(broker: BrokerId): void {
    for (const { asked } of this.#open) asked.add(broker)
  }

  /** A replica that counts has fetched in the leader's epoch. */
  fetched(broker: BrokerId): void {
    if (this.#open.length === 0) return
    for (const { asked, heard } of this.#open) if (asked.has(broker)) heard.add(broker)
    this.changed()
  }

  /** Who has to be heard may have changed. */
  changed(): void {
    const proven = this.#open.filter(({ heard }) => this.#isEnough(heard))
    if (proven.length === 0) return
    this.#open = this.#open.filter((proof) => !proven.includes(proof))
    for (const { settle } of proven) settle(null)
  }

  refuseAll(refusal: Refusal): void {
    const refused = this.#open
    this.#open = []
    for (const { settle } of refused) settle(refusal)
  }
}
