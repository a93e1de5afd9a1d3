import type { ConsumedRecord } from './consumed-record.ts'
import { Fetcher } from './fetcher.ts'
import { GroupMembership } from './group-membership.ts'
import { commitOffsets, committedOffsets } from './groups.ts'
import type { KafkaClient } from './kafka-client.ts'
import { Cancelled } from './kafka-error.ts'
import { findOffsets, keyOf, type OffsetQuery, type TopicPartition } from './offsets.ts'

export interface ConsumerOptions {
  /** Whose offsets are committed; with `subscribe`, also who shares the partitions. */
  readonly groupId?: string
  readonly instanceId?: string
  /** Where to begin without a committed offset, or when the offset is not there any more. Default latest. */
  readonly startAt?: 'earliest' | 'latest'
  /** How often what was consumed is committed; 0: only by `commit`. Default 5,000 with a group. */
  readonly autoCommitMs?: number
  readonly readCommitted?: boolean
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly sessionTimeoutMs?: number
  readonly heartbeatMs?: number
  readonly rebalanceTimeoutMs?: number
  /** Told when the group gives this member other partitions. */
  readonly onAssigned?: (partitions: readonly TopicPartition[]) => void
}

const autoCommitTimeoutMs = 10_000

/**
 * Reads records: of partitions that it is assigned by its user, or of those that its group gives it. What `poll` gave is
 * consumed with the return of the call; in a loop over the consumer a record is consumed when the next one is asked for.
 */
export class Consumer implements AsyncIterable<ConsumedRecord> {
  readonly #client: KafkaClient
  readonly #options: ConsumerOptions
  readonly #fetcher: Fetcher
  /** Offset behind the last consumed record of each assigned partition. */
  readonly #consumed = new Map<string, TopicPartition & { readonly offset: number }>()
  readonly #ended = new AbortController()
  #membership: GroupMembership | null = null
  #failure: Error | null = null
  /** Counts the times that partitions were given, taken or moved. */
  #assignment = 0
  #dirty = false
  #committedMs = 0

  constructor(client: KafkaClient, options: ConsumerOptions = {}) {
    this.#client = client
    this.#options = options
    this.#fetcher = new Fetcher(client, {
      maxWaitMs: options.maxWaitMs ?? 500,
      minBytes: options.minBytes ?? 1,
      maxBytes: options.maxBytes ?? 50 * 1024 * 1024,
      partitionMaxBytes: options.partitionMaxBytes ?? 1024 * 1024,
      readCommitted: options.readCommitted ?? false,
      onOutOfRange: options.startAt ?? 'latest',
    })
  }

  /** Reads these partitions from the given offsets; looks up what is no number. A time is given as `{ time: ms }`. */
  async assign(
    partitions: readonly (TopicPartition & {
      readonly from: number | 'earliest' | 'latest' | { readonly time: number }
    })[],
  ): Promise<void> {
    const unknown = partitions.flatMap(({ topic, partition, from }) =>
      typeof from === 'number' ? [] : [{ topic, partition, at: typeof from === 'string' ? from : from.time }],
    )
    const found = new Map(
      (unknown.length === 0 ? [] : await this.#find(unknown)).map((offset) => [keyOf(offset), offset.offset]),
    )
    this.#assignment++
    this.#consumed.clear()
    this.#fetcher.assign(
      partitions.map(({ topic, partition, from }) => {
        const offset = typeof from === 'number' ? from : (found.get(keyOf({ topic, partition })) ?? 0)
        return { topic, partition, offset }
      }),
    )
  }

  /** Shares the partitions of these topics with the group's other members. */
  subscribe(topics: readonly string[]): void {
    const { groupId } = this.#options
    if (groupId === undefined) throw new RangeError('subscribing needs a groupId')
    if (this.#membership !== null) throw new RangeError('a consumer subscribes once')
    this.#membership = new GroupMembership(this.#client, {
      groupId,
      instanceId: this.#options.instanceId ?? null,
      topics,
      sessionTimeoutMs: this.#options.sessionTimeoutMs ?? 45_000,
      heartbeatMs: this.#options.heartbeatMs ?? 3_000,
      rebalanceTimeoutMs: this.#options.rebalanceTimeoutMs ?? 60_000,
      onAssigned: (partitions) => this.#onAssigned(groupId, partitions),
      onRevoked: () => this.#onRevoked(),
      onFailed: (error) => {
        this.#failure = error
      },
    })
    this.#membership.start()
  }

  /** Records of one partition, in order; empty when none came in time. They count as consumed. */
  async poll(options: { timeoutMs: number; signal?: AbortSignal }): Promise<ConsumedRecord[]> {
    const records = await this.#take(options.timeoutMs, options.signal)
    const last = records.at(-1)
    if (last !== undefined) this.#consume(last)
    return records
  }

  /** Every record, until the consumer is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ConsumedRecord, void, undefined> {
    while (!this.#ended.signal.aborted) {
      let records: ConsumedRecord[]
      try {
        records = await this.#take(60_000, this.#ended.signal)
      } catch (error) {
        if (error instanceof Cancelled && this.#ended.signal.aborted) return
        throw error
      }
      const assignment = this.#assignment
      for (const record of records) {
        // Given to somebody else, or moved: what is left is not this member's to consume.
        if (this.#assignment !== assignment) break
        yield record
        this.#consume(record)
      }
    }
  }

  /**
   * Whether everything below `end` of a partition was fetched and taken. What is no record for its user (control
   * batches, aborted transactions) counts as taken.
   */
  hasFetched(at: TopicPartition, end: number): boolean {
    return this.#fetcher.hasTaken(at, end)
  }

  /** Goes on from `offset` with one assigned partition. */
  seek(at: TopicPartition, offset: number): void {
    this.#assignment++
    this.#fetcher.seek(at, offset)
    this.#consumed.set(keyOf(at), { ...at, offset })
    this.#dirty = true
  }

  /** Stores how far this consumer has consumed, so that its group goes on from there. */
  async commit(options: { timeoutMs?: number } = {}): Promise<void> {
    const { groupId } = this.#options
    if (groupId === undefined) throw new RangeError('committing needs a groupId')
    this.#dirty = false
    this.#committedMs = this.#client.runtime.clock.monotonicMs()
    const offsets = [...this.#consumed.values()]
    if (offsets.length === 0) return
    const by = this.#membership === null ? {} : { by: this.#membership.committer }
    try {
      await commitOffsets(this.#client, groupId, offsets, { ...by, ...options })
    } catch (error) {
      this.#dirty = true
      throw error
    }
  }

  /** Commits what was consumed if it does that by itself, and leaves the group. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return
    this.#ended.abort()
    this.#fetcher.close()
    if (this.#membership === null) await this.#autoCommit(true)
    else await this.#membership.leave()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #take(timeoutMs: number, signal: AbortSignal | undefined): Promise<ConsumedRecord[]> {
    if (this.#failure !== null) throw this.#failure
    await this.#autoCommit(false)
    return this.#fetcher.take(timeoutMs, signal)
  }

  #consume({ topic, partition, offset }: ConsumedRecord): void {
    const key = keyOf({ topic, partition })
    // Not this member's any more: another one goes on from what was committed.
    if (this.#membership !== null && !this.#consumed.has(key)) return
    this.#consumed.set(key, { topic, partition, offset: offset + 1 })
    this.#dirty = true
  }

  async #autoCommit(now: boolean): Promise<void> {
    const everyMs = this.#options.autoCommitMs ?? 5_000
    if (this.#options.groupId === undefined || everyMs === 0 || !this.#dirty) return
    if (!now && this.#client.runtime.clock.monotonicMs() - this.#committedMs < everyMs) return
    // What is not committed now is committed next time, or consumed again: at least once.
    await this.commit({ timeoutMs: autoCommitTimeoutMs }).catch(() => {})
  }

  async #onAssigned(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    const committed = partitions.length === 0 ? [] : await committedOffsets(this.#client, groupId, partitions)
    const offsets = new Map(committed.map((one) => [keyOf(one), one.offset]))
    const missing = partitions.filter((at) => !offsets.has(keyOf(at)))
    const at = this.#options.startAt ?? 'latest'
    for (const found of missing.length === 0 ? [] : await this.#find(missing.map((one) => ({ ...one, at })))) {
      offsets.set(keyOf(found), found.offset)
    }
    const assigned = partitions.map((one) => ({ ...one, offset: offsets.get(keyOf(one)) ?? 0 }))
    this.#consumed.clear()
    for (const one of assigned) this.#consumed.set(keyOf(one), one)
    this.#committedMs = this.#client.runtime.clock.monotonicMs()
    this.#dirty = missing.length > 0
    if (!this.#ended.signal.aborted) this.#fetcher.assign(assigned)
    this.#options.onAssigned?.(partitions)
  }

  async #onRevoked(): Promise<void> {
    this.#assignment++
    this.#fetcher.assign([])
    await this.#autoCommit(true)
    this.#consumed.clear()
    this.#dirty = false
  }

  /** An offset by time that no record reaches is the end. */
  async #find(queries: readonly (TopicPartition & { readonly at: OffsetQuery })[]) {
    const found = await findOffsets(this.#client, queries)
    const beyond = found.filter(({ offset }) => offset < 0)
    if (beyond.length === 0) return found
    const ends = await findOffsets(
      this.#client,
      beyond.map(({ topic, partition }) => ({ topic, partition, at: 'latest' as const })),
    )
    const endOf = new Map(ends.map((end) => [keyOf(end), end]))
    return found.map((one) => (one.offset < 0 ? (endOf.get(keyOf(one)) ?? one) : one))
  }
}
