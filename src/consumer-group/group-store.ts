import { invariant } from '../runtime/invariant.ts'
import { ClassicGroup } from './classic-group.ts'
import { GroupOffsets } from './group-offsets.ts'
import type { GroupRecord, StoredGroup } from './group-record.ts'

const unknownTimestamp = -1

/** All that one coordinator knows of one group id. */
export interface Group {
  readonly id: string
  /** The group's last committed record, null: none. Changed by `replay` only. */
  stored: StoredGroup | null
  /** Changed by `replay` only, but for what is on its way. */
  readonly offsets: GroupOffsets
  /**
   * Something about it was committed, and the group not deleted since: it is there, for tools too, until it is deleted
   * or found empty at the next look for expired offsets.
   */
  isKept: boolean
  /** The members as they are now; lives and dies with the coordinator. */
  members: ClassicGroup
  /** Records about the group that are appended and not committed. */
  inFlight: number
}

/**
 * The groups of one partition. Durable facts (offsets, committed generations) change in `replay` only, the same way
 * while loading and while leading.
 */
export class GroupStore {
  readonly #groups = new Map<string, Group>()

  get(id: string): Group | null {
    return this.#groups.get(id) ?? null
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0
  }

  all(): Iterable<Group> {
    return this.#groups.values()
  }

  getOrCreate(id: string, nowMs: number): Group {
    const known = this.#groups.get(id)
    if (known !== undefined) return known
    const group = {
      id,
      stored: null,
      isKept: false,
      offsets: new GroupOffsets(),
      members: new ClassicGroup(id, nowMs),
      inFlight: 0,
    }
    this.#groups.set(id, group)
    return group
  }

  replay(record: GroupRecord): void {
    // A deletion of what is not there makes nothing.
    const group =
      record.value === null ? this.#groups.get(record.groupId) : this.getOrCreate(record.groupId, unknownTimestamp)
    if (group === undefined) return
    if (record.type === 'offset') group.offsets.replay(record.topic, record.partition, record.value)
    else group.stored = record.value
    if (record.value !== null) group.isKept = true
    else if (record.type === 'group') group.isKept = false
  }

  /** The records were appended: until they are settled their groups stay. */
  appended(records: readonly GroupRecord[]): void {
    for (const record of records) {
      const group = this.#present(record)
      group.inFlight++
      if (record.type === 'offset') group.offsets.appended(record.topic, record.partition)
    }
  }

  /** The records are committed, or were refused. */
  settled(records: readonly GroupRecord[]): void {
    for (const record of records) {
      const group = this.#present(record)
      group.inFlight--
      if (record.type === 'offset') group.offsets.settled(record.topic, record.partition)
    }
  }

  /** Lets go of a group of which nothing is kept: no members, no ids given out, nothing committed, nothing on its way. */
  forgetIfUnused(id: string): void {
    const group = this.#groups.get(id)
    if (group === undefined || group.inFlight > 0 || group.isKept) return
    if (!group.offsets.isEmpty || group.members.state !== 'Empty' || group.members.pendingMembers.size > 0) return
    this.#groups.delete(id)
  }

  #present(record: GroupRecord): Group {
    const group = this.#groups.get(record.groupId)
    invariant(group !== undefined, 'a record is on its way for a group that is gone', { group: record.groupId })
    return group
  }
}
