import { KafkaError } from '../src/client/kafka-error.ts'
import type { Clock, Timer } from '../src/runtime/clock.ts'
import type { HistoryEvent } from './history.ts'
import type { Ownership, WorkloadMember } from './tested-broker.ts'

/** What one process of a member needs of the run that it is in. */
export interface LifeSurroundings {
  readonly member: WorkloadMember
  readonly group: string
  readonly name: string
  readonly cooperative: boolean
  readonly clock: Clock
  note(event: HistoryEvent): void
  /** Power cuts so far. */
  era(): number
  /** What the group has committed for a partition, -1 for nothing. */
  committed(topic: string, partition: number): Promise<number>
  /** Told what a request was answered with instead. */
  refused(error: unknown): void
  /** Something that must happen at times. */
  mark(what: string): void
  /** Told of each phase that it comes to, before it does anything in it. */
  reached(phase: MemberPhase): void
}

/** What the member waits for: the answer to its JoinGroup, nothing (just joined), that to its SyncGroup, the next heartbeat. */
export type MemberPhase = 'joining' | 'joined' | 'syncing' | 'stable'

const heartbeatEveryMs = 150
const joinAgainAfterMs = 30
/**
 * So long after it has asked, a member counts on an answer that all was well: less than its session and the time that others
 * wait for it in a rebalance, whatever clocks and the network do. Then it owns nothing any more.
 */
const leaseMs = 700

/** With these it is told that it is no member, or not of this generation. */
const membershipIsOver: ReadonlySet<string> = new Set([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'FENCED_INSTANCE_ID',
  // A member that comes too late in a rebalance of a group that is full.
  'GROUP_MAX_SIZE_REACHED',
])

/** One process of a member: joins, beats, commits for what it owns, and joins again when it is told to, until it ends. */
export class MemberLife {
  readonly #in: LifeSurroundings
  #owned: Ownership | null = null
  #lease: Timer | null = null
  #phase: MemberPhase = 'joining'
  #isOver = false
  #silentUntilMs = 0
  #wantsAnother = false

  constructor(surroundings: LifeSurroundings) {
    this.#in = surroundings
  }

  /** What it owns in its generation, null while it has none. */
  get owned(): Ownership | null {
    return this.#owned
  }

  get phase(): MemberPhase {
    return this.#phase
  }

  /** Never rejects; resolves at its end. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#takePart()
      } catch (error) {
        if (this.#isOver) return
        this.#in.refused(error)
        if (isRefusal(error)) this.#letGo()
        await this.#sleep(joinAgainAfterMs)
      }
    }
  }

  /** The process is gone: nobody hears what it was still to be told. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#letGo()
    this.#in.member.close()
  }

  /** It gives up what it owns, says so, and ends. */
  async leave(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#letGo()
    const leaving = this.#in.member.leave().catch((error: unknown) => this.#in.refused(error))
    await Promise.race([leaving, this.#sleep(leaseMs)])
    this.#in.member.close()
  }

  /** It says nothing for so long, and goes on then. */
  pause(ms: number): void {
    this.#silentUntilMs = this.#in.clock.monotonicMs() + ms
  }

  /** It joins again at its next heartbeat, with something else to say of itself. */
  joinAgain(): void {
    this.#wantsAnother = true
  }

  async #takePart(): Promise<void> {
    const { member, era: now, clock, cooperative } = this.#in
    if (!cooperative) this.#letGo()
    const era = now()
    this.#comeTo('joining')
    const said = this.#owned?.partitions ?? []
    await member.join({ owned: said, anew: this.#wantsAnother })
    this.#wantsAnother = false
    this.#comeTo('joined')
    if (this.#isOver) return
    const askedMs = clock.monotonicMs()
    this.#comeTo('syncing')
    const owned = await member.sync()
    if (this.#isOver) return
    const before = this.#owned?.partitions ?? []
    if (before.some((partition) => owned.partitions.includes(partition))) this.#in.mark('kept through a rebalance')
    this.#take(owned, { era, askedMs })
    // What it was said to own, and is not to, is given away in the next round, which begins with its joining again.
    if (said.some((partition) => !owned.partitions.includes(partition))) return
    this.#comeTo('stable')
    for (let beat = 0; this.#owned !== null && !this.#isOver; beat++) {
      if (!(await this.#staysOn())) return
      const partition = owned.partitions[beat % Math.max(1, owned.partitions.length)]
      if (partition !== undefined && this.#owned !== null) await this.#commit(partition)
    }
  }

  /** Waits for the next heartbeat, and what comes of it; false: it has to join again. */
  async #staysOn(): Promise<boolean> {
    const { member, clock, refused } = this.#in
    await this.#sleep(heartbeatEveryMs)
    while (clock.monotonicMs() < this.#silentUntilMs) await this.#sleep(heartbeatEveryMs)
    if (this.#isOver || this.#wantsAnother) return false
    const askedMs = clock.monotonicMs()
    try {
      await member.heartbeat()
      this.#renew(askedMs)
    } catch (error) {
      if (this.#isOver) return false
      if (error instanceof KafkaError && error.codeName === 'REBALANCE_IN_PROGRESS') {
        refused(error)
        return false
      }
      if (isRefusal(error)) throw error
      // The coordinator is away: the member goes on for as long as it can count on being one.
      refused(error)
      this.#in.mark('a heartbeat was not answered, and it goes on')
    }
    return true
  }

  async #commit(partition: string): Promise<void> {
    const { member, group, note, era: now, committed, refused } = this.#in
    const [topic = '', index] = partition.split('/')
    let offset: number | null = null
    try {
      let era = now()
      const before = await committed(topic, Number(index))
      note({ type: 'committed-read', group, partition, offset: before, era, eraThrough: now() })
      if (this.#isOver || this.#owned === null) return
      offset = before + 1
      era = now()
      note({ type: 'committing', group, partition })
      await member.commit(topic, Number(index), offset)
      note({ type: 'committed', group, partition, offset, era, eraThrough: now() })
    } catch (error) {
      if (offset !== null) note({ type: 'commit-unknown', group, partition, offset })
      if (this.#isOver) return
      if (isRefusal(error)) throw error
      refused(error)
    }
  }

  #take(owned: Ownership, { era, askedMs }: { era: number; askedMs: number }): void {
    const { group, name: member, note, era: now } = this.#in
    this.#owned = owned
    note({ type: 'owns', group, member, ...owned, era, eraThrough: now() })
    this.#renew(askedMs)
  }

  #renew(askedMs: number): void {
    const { clock } = this.#in
    if (this.#owned === null) return
    this.#lease?.cancel()
    this.#lease = clock.setTimer(Math.max(0, askedMs + leaseMs - clock.monotonicMs()), () => {
      this.#in.mark('a member let go when nobody answered')
      this.#letGo()
    })
  }

  #letGo(): void {
    this.#lease?.cancel()
    if (this.#owned === null) return
    this.#owned = null
    this.#in.note({ type: 'gives-up', group: this.#in.group, member: this.#in.name })
  }

  #comeTo(phase: MemberPhase): void {
    this.#phase = phase
    this.#in.reached(phase)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise<void>((resolve) => void this.#in.clock.setTimer(ms, resolve))
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof KafkaError && membershipIsOver.has(error.codeName)
}
