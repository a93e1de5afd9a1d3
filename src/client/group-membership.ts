import type { Api, ResponseOf } from '../codec/api.ts'
import { heartbeat } from '../kafka/schema/heartbeat.ts'
import { joinGroup } from '../kafka/schema/join-group.ts'
import { leaveGroup } from '../kafka/schema/leave-group.ts'
import { syncGroup } from '../kafka/schema/sync-group.ts'
import { type Assignor, rangeAssignor, roundRobinAssignor } from './assignors.ts'
import type { BodyFor } from './broker-connection.ts'
import {
  type AssignedTopic,
  assignedTopics,
  consumerProtocolType,
  encodeAssignment,
  encodeSubscription,
  subscribedTopics,
} from './consumer-protocol.ts'
import type { Committer } from './groups.ts'
import type { KafkaClient } from './kafka-client.ts'
import { Cancelled, check, KafkaError } from './kafka-error.ts'
import { byTopic, type TopicPartition } from './offsets.ts'
import { backoff, mayPass, sleep } from './wait.ts'

export interface MembershipOptions {
  readonly groupId: string
  /** A static member (KIP-345) keeps its partitions over a restart within the session timeout. */
  readonly instanceId: string | null
  readonly topics: readonly string[]
  readonly sessionTimeoutMs: number
  readonly heartbeatMs: number
  /** How long a rebalance waits for this member. */
  readonly rebalanceTimeoutMs: number
  /** This member owns these from now on. */
  readonly onAssigned: (partitions: readonly TopicPartition[]) => Promise<void>
  /** It is about to own nothing: what was consumed can still be committed. */
  readonly onRevoked: () => Promise<void>
  /** It cannot be a member any more. */
  readonly onFailed: (error: Error) => void
}

const illegalGeneration = 22
const unknownMember = 25
const rebalanceInProgress = 27
const memberIdRequired = 79
/** How often the leader looks for new partitions. */
const metadataRefreshMs = 10_000
const assignors: readonly Assignor[] = [rangeAssignor, roundRobinAssignor]

/**
 * Member of a consumer group by the classic protocol, with eager rebalances: joining → (leader: assigning) → syncing →
 * stable with heartbeats → joining again when the coordinator says so, or this member was forgotten.
 */
export class GroupMembership {
  readonly #client: KafkaClient
  readonly #options: MembershipOptions
  readonly #leaving = new AbortController()
  #memberId = ''
  #generation = -1
  #leads = false
  #partitionsSeen = ''
  #running: Promise<void> | null = null

  constructor(client: KafkaClient, options: MembershipOptions) {
    this.#client = client
    this.#options = options
  }

  /** In whose name offsets are committed. */
  get committer(): Committer {
    return { memberId: this.#memberId, generation: this.#generation, instanceId: this.#options.instanceId }
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Gives the partitions up, and tells the coordinator unless the member is static. */
  async leave(): Promise<void> {
    this.#leaving.abort()
    await this.#running
    if (this.#memberId === '' || this.#options.instanceId !== null || this.#client.ended.aborted) return
    const { groupId } = this.#options
    const body = (version: number) =>
      version < 3 ? { groupId, memberId: this.#memberId } : { groupId, members: [{ memberId: this.#memberId }] }
    try {
      const coordinator = await this.#client.coordinatorOf(groupId)
      await this.#client.call(leaveGroup, body, {
        to: coordinator,
        lane: 'group',
        timeoutMs: this.#options.sessionTimeoutMs,
      })
    } catch {
      // The session's end does the same.
    }
    this.#memberId = ''
  }

  async #run(): Promise<void> {
    for (let tries = 0; !this.#leaving.signal.aborted; ) {
      try {
        const partitions = await this.#join()
        await this.#options.onAssigned(partitions)
        tries = 0
        await this.#stayUntilRebalance()
        await this.#options.onRevoked()
      } catch (error) {
        await this.#options.onRevoked().catch(() => {})
        if (error instanceof Cancelled || this.#leaving.signal.aborted) return
        if (!(await this.#overcome(error, tries++))) return
      }
    }
  }

  /** False: the error is final, and has been told. */
  async #overcome(error: unknown, tries: number): Promise<boolean> {
    const code = error instanceof KafkaError ? error.code : 0
    if (code === unknownMember) this.#memberId = ''
    const again = [unknownMember, illegalGeneration, rebalanceInProgress].includes(code)
    if (!again && !mayPass(error)) {
      this.#options.onFailed(error instanceof Error ? error : new Error(String(error)))
      return false
    }
    this.#generation = -1
    if (!again) this.#client.forget()
    const { clock, random } = this.#client.runtime
    if (tries > 0 || !again) await sleep(clock, backoff(random, tries), this.#leaving.signal).catch(() => {})
    return true
  }

  /** Joins, and gives what this member was assigned. */
  async #join(): Promise<TopicPartition[]> {
    const { groupId, instanceId, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    const metadata = encodeSubscription(topics)
    const answer = await this.#call(
      joinGroup,
      {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType: consumerProtocolType,
        protocols: assignors.map(({ name }) => ({ name, metadata })),
      },
      rebalanceTimeoutMs + this.#client.requestTimeoutMs,
    )
    if (answer.errorCode === memberIdRequired) {
      this.#memberId = answer.memberId
      return this.#join()
    }
    check(answer.errorCode, `joining group ${groupId}`)
    this.#memberId = answer.memberId
    this.#generation = answer.generationId
    this.#leads = answer.leader === answer.memberId && !answer.skipAssignment
    const protocolName = answer.protocolName ?? ''
    const assignments = this.#leads ? await this.#assign(protocolName, answer.members) : []
    const synced = await this.#call(syncGroup, {
      groupId,
      generationId: this.#generation,
      memberId: this.#memberId,
      groupInstanceId: instanceId,
      protocolType: consumerProtocolType,
      protocolName,
      assignments,
    })
    check(synced.errorCode, `joining group ${groupId}`)
    return assignedTopics(synced.assignment).flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    )
  }

  async #assign(
    name: string,
    members: readonly { readonly memberId: string; readonly metadata: Uint8Array }[],
  ): Promise<{ memberId: string; assignment: Uint8Array }[]> {
    const assignor = assignors.find((known) => known.name === name) ?? rangeAssignor
    const subscriptions = members.map(({ memberId, metadata }) => ({ memberId, topics: subscribedTopics(metadata) }))
    const partitionsOf = await this.#partitionsOf(new Set(subscriptions.flatMap(({ topics }) => topics)))
    this.#partitionsSeen = JSON.stringify([...partitionsOf])
    return [...assignor.assign(subscriptions, partitionsOf)].map(([memberId, partitions]) => {
      const topics: AssignedTopic[] = [...byTopic(partitions)].map(([topic, mine]) => ({
        topic,
        partitions: mine.map(({ partition }) => partition),
      }))
      return { memberId, assignment: encodeAssignment(topics) }
    })
  }

  /** Topics that are not there count for nothing until they are. */
  async #partitionsOf(topics: ReadonlySet<string>): Promise<Map<string, number>> {
    const view = await this.#client.describe([...topics].sort(), { signal: this.#leaving.signal })
    return new Map(
      view.topics.filter((topic) => topic.errorCode === 0).map((topic) => [topic.name, topic.partitions.length]),
    )
  }

  async #stayUntilRebalance(): Promise<void> {
    const { clock } = this.#client.runtime
    const { groupId, instanceId, sessionTimeoutMs, heartbeatMs } = this.#options
    let heardMs = clock.monotonicMs()
    let lookedMs = heardMs
    for (;;) {
      await sleep(clock, heartbeatMs, this.#leaving.signal)
      try {
        const body = { groupId, generationId: this.#generation, memberId: this.#memberId, groupInstanceId: instanceId }
        const answer = await this.#call(heartbeat, body, sessionTimeoutMs)
        if (answer.errorCode === rebalanceInProgress) return
        check(answer.errorCode, `staying in group ${groupId}`)
        heardMs = clock.monotonicMs()
        if (this.#leads && heardMs - lookedMs >= metadataRefreshMs) {
          lookedMs = heardMs
          const seen = [...(JSON.parse(this.#partitionsSeen) as [string, number][])].map(([topic]) => topic)
          const now = await this.#partitionsOf(new Set([...this.#options.topics, ...seen]))
          if (JSON.stringify([...now]) !== this.#partitionsSeen) return
        }
      } catch (error) {
        // The coordinator may be gone for a while; the session tells for how long that is nothing.
        if (!mayPass(error) || clock.monotonicMs() - heardMs > sessionTimeoutMs) throw error
        this.#client.forget()
      }
    }
  }

  async #call<A extends Api>(
    api: A,
    body: BodyFor<A>,
    timeoutMs: number = this.#client.requestTimeoutMs,
  ): Promise<ResponseOf<A>> {
    const signal = this.#leaving.signal
    const coordinator = await this.#client.coordinatorOf(this.#options.groupId, { signal })
    return this.#client.call(api, body, { to: coordinator, lane: 'group', timeoutMs, signal })
  }
}
