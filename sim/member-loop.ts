import type { Clock } from '../src/runtime/clock.ts'
import type { Ownership, WorkloadMember } from './tested-broker.ts'
import type { HistoryEvent } from './history.ts'

/** What a loop needs of the run that it is in. */
export interface MemberSurroundings {
  readonly member: WorkloadMember
  readonly group: string
  readonly name: string
  readonly clock: Clock
  note(event: HistoryEvent): void
  /** Power cuts so far. */
  era(): number
  /** What the group has committed for a partition, -1 for nothing. */
  committed(topic: string, partition: number): Promise<number>
  /** Told what a request was answered with instead. */
  refused(error: unknown): void
}

const heartbeatEveryMs = 150
const joinAgainAfterMs = 30

/** One member of a group at work: joins, beats, commits for what it owns, and joins again when it is told to. */
export class MemberLoop {
  readonly #in: MemberSurroundings
  #owned: Ownership | null = null

  constructor(surroundings: MemberSurroundings) {
    this.#in = surroundings
  }

  /** What it owns in its generation, null while it has none. */
  get owned(): Ownership | null {
    return this.#owned
  }

  async work(): Promise<never> {
    for (;;) {
      try {
        await this.#member()
      } catch (error) {
        this.#in.refused(error)
      }
      this.#owned = null
      await this.#sleep(joinAgainAfterMs)
    }
  }

  async #member(): Promise<void> {
    const { member, group, name, note, era: now } = this.#in
    const era = now()
    const owned = await member.join()
    note({ type: 'owns', group, member: name, ...owned, era, eraThrough: now() })
    this.#owned = owned
    for (let beat = 0; ; beat++) {
      await this.#sleep(heartbeatEveryMs)
      await member.heartbeat()
      const partition = owned.partitions[beat % Math.max(1, owned.partitions.length)]
      if (partition !== undefined) await this.#commit(partition)
    }
  }

  async #commit(partition: string): Promise<void> {
    const { member, group, note, era: now, committed } = this.#in
    const [topic = '', index] = partition.split('/')
    let era = now()
    const before = await committed(topic, Number(index))
    note({ type: 'committed-read', group, partition, offset: before, era, eraThrough: now() })
    const offset = before + 1
    era = now()
    try {
      await member.commit(topic, Number(index), offset)
    } catch (error) {
      note({ type: 'commit-unknown', group, partition, offset })
      throw error
    }
    note({ type: 'committed', group, partition, offset, era, eraThrough: now() })
  }

  #sleep(ms: number): Promise<void> {
    return new Promise<void>((resolve) => void this.#in.clock.setTimer(ms, resolve))
  }
}
