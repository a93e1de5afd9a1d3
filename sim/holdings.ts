import type { HistoryEvent } from './history.ts'

type Owns = HistoryEvent & { type: 'owns' }

/** Who holds which partitions at a moment of a history, by what the members themselves have noted. */
export class Holdings {
  readonly #byGroup = new Map<string, Map<string, Owns>>()

  /** To be told of every event, in order. */
  note(event: HistoryEvent): void {
    if (event.type === 'owns') {
      const members = this.#byGroup.get(event.group) ?? new Map<string, Owns>()
      this.#byGroup.set(event.group, members)
      // One that got its answer across a power cut may be a member of what is lost.
      if (event.era === event.eraThrough) members.set(event.member, event)
      else members.delete(event.member)
    } else if (event.type === 'gives-up') this.#byGroup.get(event.group)?.delete(event.member)
    else if (event.type === 'fault' && event.fault === 'power-cut') this.#byGroup.clear()
  }

  /** Some member can count on being one: the group is not empty. */
  isHeld(group: string): boolean {
    return (this.#byGroup.get(group)?.size ?? 0) > 0
  }

  /** Another member that holds the partition at this moment, null: none does for sure. */
  otherHolder(group: string, partition: string, member: string): Owns | null {
    for (const [name, owns] of this.#byGroup.get(group) ?? []) {
      if (name !== member && owns.partitions.includes(partition)) return owns
    }
    return null
  }
}
