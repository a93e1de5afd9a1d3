import { setTimeout as elapsed } from 'node:timers/promises'
import type { BrokerConnection } from '../../src/client/broker-connection.ts'
import { encodeAssignment, encodeSubscription } from '../../src/client/consumer-protocol.ts'
import { check, KafkaError } from '../../src/client/kafka-error.ts'
import { heartbeat } from '../../src/kafka/schema/heartbeat.ts'
import { joinGroup } from '../../src/kafka/schema/join-group.ts'
import { offsetCommit } from '../../src/kafka/schema/offset-commit.ts'
import { syncGroup } from '../../src/kafka/schema/sync-group.ts'

export interface LoadMemberOptions {
  readonly group: string
  readonly topic: string
  /** Of the topic; the leader deals them out. */
  readonly partitions: number
  readonly heartbeatMs: number
  /** Part of the heartbeat's interval that passes before the first one, so that not all come at once. */
  readonly phase: number
  /** Opens the connection anew when it was lost. */
  reconnect(): Promise<BrokerConnection>
}

/** As the Java client has them by default. */
const sessionTimeoutMs = 45_000
const rebalanceTimeoutMs = 300_000
const requestMs = 60_000
const joinMs = rebalanceTimeoutMs + requestMs
const againMs = 50
const lastVersionByName = 9
const memberIdRequired = 79
const joinAgain: ReadonlySet<string> = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])

/** A member of a group of the classic protocol and nothing else: it reads no records. */
export class LoadMember {
  readonly #in: LoadMemberOptions
  #connection: BrokerConnection
  #memberId = ''
  #generation = -1
  /** How many members its generation has, where it leads. */
  #led = 0
  /** Joined, and not told since to join again. */
  isStable = false
  /** JoinGroups that were answered with a generation. */
  joins = 0
  /** Heartbeats that were answered with "all is well". */
  beats = 0
  #isOver = false

  constructor(connection: BrokerConnection, options: LoadMemberOptions) {
    this.#connection = connection
    this.#in = options
  }

  get generation(): number {
    return this.#generation
  }

  /** 0: another one leads. */
  get led(): number {
    return this.#led
  }

  /** Until `end`: joins, beats, joins again when it is told to. */
  async work(): Promise<void> {
    const { heartbeatMs, phase } = this.#in
    let waitMs = heartbeatMs * phase
    while (!this.#isOver) {
      try {
        if (!this.isStable) await this.#join()
        await elapsed(waitMs)
        waitMs = heartbeatMs
        if (!this.#isOver) await this.#beat()
      } catch (error) {
        if (!this.#isOver) await this.#overcome(error)
        // Its heartbeat is overdue.
        if (this.isStable) waitMs = 0
      }
    }
  }

  end(): void {
    this.#isOver = true
    this.#connection.close()
  }

  async commit(offset: number): Promise<void> {
    const { group, topic, partitions } = this.#in
    const partitionIndex = Math.floor(this.#in.phase * partitions)
    const answer = await this.#connection.call(
      offsetCommit,
      {
        groupId: group,
        memberId: this.#memberId,
        generationIdOrMemberEpoch: this.#generation,
        topics: [{ name: topic, partitions: [{ partitionIndex, committedOffset: offset, committedMetadata: '' }] }],
      },
      { timeoutMs: requestMs, versionMax: lastVersionByName },
    )
    check(answer.topics[0]?.partitions[0]?.errorCode ?? -1, `committing for ${group}`)
  }

  async #join(): Promise<void> {
    const { group: groupId, topic } = this.#in
    const ask = () =>
      this.#connection.call(
        joinGroup,
        {
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId: this.#memberId,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: encodeSubscription([topic]) }],
        },
        { timeoutMs: joinMs },
      )
    let joined = await ask()
    if (joined.errorCode === memberIdRequired) {
      this.#memberId = joined.memberId
      joined = await ask()
    }
    check(joined.errorCode, `joining ${groupId}`)
    this.#memberId = joined.memberId
    this.#generation = joined.generationId
    this.#led = joined.leader === joined.memberId ? joined.members.length : 0
    this.joins += 1
    const synced = await this.#connection.call(
      syncGroup,
      {
        groupId,
        generationId: this.#generation,
        memberId: this.#memberId,
        protocolType: 'consumer',
        protocolName: joined.protocolName,
        assignments: this.#led > 0 ? this.#assign(joined.members) : [],
      },
      { timeoutMs: requestMs },
    )
    check(synced.errorCode, `joining ${groupId}`)
    this.isStable = true
  }

  #assign(members: readonly { readonly memberId: string }[]) {
    const { topic, partitions: count } = this.#in
    const all = Array.from({ length: count }, (_, partition) => partition)
    return members.map(({ memberId }, place) => {
      const partitions = all.filter((partition) => partition % members.length === place)
      return { memberId, assignment: encodeAssignment([{ topic, partitions }]) }
    })
  }

  async #beat(): Promise<void> {
    const body = { groupId: this.#in.group, generationId: this.#generation, memberId: this.#memberId }
    const answer = await this.#connection.call(heartbeat, body, { timeoutMs: requestMs })
    check(answer.errorCode, `a heartbeat of ${this.#in.group}`)
    this.beats += 1
  }

  async #overcome(error: unknown): Promise<void> {
    if (error instanceof KafkaError && joinAgain.has(error.codeName)) {
      this.isStable = false
      if (error.codeName === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
      return
    }
    // A coordinator that starts again: the member goes on with what it has.
    await elapsed(againMs)
    if (this.#connection.closed && !this.#isOver) this.#connection = await this.#in.reconnect()
  }
}
