import type { LeaderEpoch } from '../record/offset.ts'
import type {
  CommitRequest,
  GroupAnswers,
  GroupRequest,
  HeartbeatRequest,
  JoinAnswer,
  JoinRequest,
  LeaveRequest,
  DeleteOffsetsRequest,
  SyncRequest,
} from './group-events.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import type { GroupSettings } from './group-settings.ts'
import type { DescribedGroup, FetchedTopic, ListedGroup } from './group-views.ts'
import { type GroupRuntime, LedPartition } from './led-partition.ts'
import type { OffsetsTopic } from './offsets-topic.ts'
import { partitionOf } from './partition-of.ts'
import { refusedAnswer } from './refused-answer.ts'

type Asked<R extends GroupRequest> = Omit<R, 'type'>

/**
 * All groups that this broker coordinates: those whose partition of `__consumer_offsets` it leads. The broker says
 * which these are. No promise rejects: every refusal is an answer.
 */
export class GroupService {
  readonly #runtime: GroupRuntime
  readonly #settings: GroupSettings
  readonly #topic: OffsetsTopic
  readonly #led = new Map<number, LedPartition>()

  constructor(options: { runtime: GroupRuntime; settings: GroupSettings; topic: OffsetsTopic }) {
    this.#runtime = options.runtime
    this.#settings = options.settings
    this.#topic = options.topic
  }

  /** This broker leads the partition in this epoch. Resolves once its groups are loaded, or can't be. */
  async elected(partition: number, epoch: LeaderEpoch): Promise<void> {
    const earlier = this.#led.get(partition)
    if (earlier !== undefined && earlier.epoch >= epoch) return
    earlier?.resign()
    const led = new LedPartition({ partition, epoch, runtime: this.#runtime, settings: this.#settings })
    this.#led.set(partition, led)
    await led.load(this.#topic)
  }

  /** This broker leads the partition no longer: everyone who waits there is told to look for another coordinator. */
  resigned(partition: number): void {
    this.#led.get(partition)?.resign()
    this.#led.delete(partition)
  }

  /** Resigns everywhere, as the broker stops. */
  close(): void {
    for (const partition of [...this.#led.keys()]) this.resigned(partition)
  }

  /** The offsets of these topics are dropped in all groups. */
  topicsDeleted(topics: readonly string[]): void {
    for (const led of this.#led.values()) led.topicsDeleted(topics)
  }

  join(request: Omit<Asked<JoinRequest>, 'freshId'>): Promise<JoinAnswer> {
    return this.#askMember({ ...request, type: 'join', freshId: uuidOf(this.#runtime.random.bytes(16)) })
  }

  sync(request: Asked<SyncRequest>): Promise<GroupAnswers['sync']> {
    return this.#askMember({ ...request, type: 'sync' })
  }

  heartbeat(request: Asked<HeartbeatRequest>): Promise<GroupAnswers['heartbeat']> {
    return this.#askMember({ ...request, type: 'heartbeat' })
  }

  leave(request: Asked<LeaveRequest>): Promise<GroupAnswers['leave']> {
    return this.#askMember({ ...request, type: 'leave' })
  }

  commit(request: Asked<CommitRequest>): Promise<GroupAnswers['commit']> {
    return this.#ask({ ...request, type: 'commit' })
  }

  deleteOffsets(request: Asked<DeleteOffsetsRequest>): Promise<GroupAnswers['delete-offsets']> {
    return this.#ask({ ...request, type: 'delete-offsets' })
  }

  async deleteGroup(groupId: string): Promise<'ok' | GroupRefusalCode> {
    return (await this.#ask({ type: 'delete-group', groupId })).code
  }

  /**
   * What is committed; `topics` null: all of the group's offsets. Told only by who is known to coordinate the group still: one
   * that was cut off would tell what is older than what its successor has acknowledged.
   */
  async fetchOffsets(
    groupId: string,
    topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null,
  ): Promise<{ code: 'ok'; topics: FetchedTopic[] } | { code: GroupRefusalCode }> {
    const led = this.#coordinatorOf(groupId)
    if (!(led instanceof LedPartition)) return { code: led }
    const isStillLed = await this.#topic.stillLed(partitionOf(groupId, this.#topic.partitions))
    if (!isStillLed || this.#coordinatorOf(groupId) !== led) return { code: 'not-coordinator' }
    return { code: 'ok', topics: led.core.fetchOffsets(groupId, topics) }
  }

  describe(groupId: string): ({ code: 'ok' } & DescribedGroup) | { code: GroupRefusalCode } {
    const led = this.#coordinatorOf(groupId)
    return led instanceof LedPartition ? { code: 'ok', ...led.core.describe(groupId) } : { code: led }
  }

  /** All groups that are coordinated here; a refusal while some of them are loaded. */
  list(): { code: 'ok'; groups: ListedGroup[] } | { code: GroupRefusalCode } {
    const groups: ListedGroup[] = []
    for (const led of this.#led.values()) {
      const { refusal } = led
      if (refusal === 'not-coordinator') continue
      if (refusal !== null) return { code: refusal }
      groups.push(...led.core.list())
    }
    return { code: 'ok', groups }
  }

  /** Members name their group; only offsets may be kept under an empty name, as very old clients do. */
  async #askMember<R extends GroupRequest>(request: R): Promise<GroupAnswers[R['type']]> {
    return request.groupId === '' ? refusedAnswer(request, 'invalid-group-id') : this.#ask(request)
  }

  async #ask<R extends GroupRequest>(request: R): Promise<GroupAnswers[R['type']]> {
    const led = this.#led.get(partitionOf(request.groupId, this.#topic.partitions))
    return led === undefined ? refusedAnswer(request, 'not-coordinator') : led.ask(request)
  }

  #coordinatorOf(groupId: string): LedPartition | GroupRefusalCode {
    const led = this.#led.get(partitionOf(groupId, this.#topic.partitions))
    return led === undefined ? 'not-coordinator' : (led.refusal ?? led)
  }
}

/** Sixteen random bytes as a version 4 UUID (RFC 9562). */
function uuidOf(bytes: Uint8Array): string {
  const marked = bytes.map((byte, at) => (at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte))
  const hex = Array.from(marked, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
