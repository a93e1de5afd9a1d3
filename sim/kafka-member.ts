import { assignedTopics, encodeAssignment, encodeSubscription } from '../src/client/consumer-protocol.ts'
import { check, KafkaError } from '../src/client/kafka-error.ts'
import { heartbeat } from '../src/kafka/schema/heartbeat.ts'
import { joinGroup } from '../src/kafka/schema/join-group.ts'
import { offsetCommit } from '../src/kafka/schema/offset-commit.ts'
import { syncGroup } from '../src/kafka/schema/sync-group.ts'
import type { Ownership, WorkloadMember } from './tested-broker.ts'
import type { Caller, ClusterCaller } from './kafka-link.ts'
import type { PlannedTopic } from './workload.ts'

/** Virtual ms, all shorter than a request may take. */
const sessionTimeoutMs = 1500
const rebalanceTimeoutMs = 800
const lastVersionByName = 9

/** A member of a group of the classic protocol, each request tried once. */
export class KafkaMember implements WorkloadMember {
  readonly #link: ClusterCaller
  readonly #group: string
  readonly #partitions: readonly { topic: string; partition: number }[]
  /** Found when it joins; nothing else is asked before. */
  #coordinator: Caller
  #memberId = ''
  #generation = -1

  constructor(link: ClusterCaller, { group, topics }: { group: string; topics: readonly PlannedTopic[] }) {
    this.#link = link
    this.#coordinator = link
    this.#group = group
    this.#partitions = topics.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
    )
  }

  async join(): Promise<Ownership> {
    this.#coordinator = await this.#link.coordinator(this.#group)
    const joined = await this.#joined()
    this.#generation = joined.generationId
    const memberIds = joined.members.map(({ memberId }) => memberId).sort()
    const answer = await this.#coordinator.call(syncGroup, {
      groupId: this.#group,
      generationId: this.#generation,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocolName: joined.protocolName,
      assignments: joined.leader === this.#memberId ? this.#assign(memberIds) : [],
    })
    this.#check(answer.errorCode, 'syncing')
    const partitions = assignedTopics(answer.assignment).flatMap(({ topic, partitions }) =>
      partitions.map((partition) => `${topic}/${partition}`),
    )
    return { generation: this.#generation, partitions }
  }

  async heartbeat(): Promise<void> {
    const answer = await this.#coordinator.call(heartbeat, {
      groupId: this.#group,
      generationId: this.#generation,
      memberId: this.#memberId,
    })
    this.#check(answer.errorCode, 'a heartbeat')
  }

  async commit(topic: string, partition: number, offset: number): Promise<void> {
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }]
    const answer = await this.#coordinator.call(
      offsetCommit,
      {
        groupId: this.#group,
        generationIdOrMemberEpoch: this.#generation,
        memberId: this.#memberId,
        topics: [{ name: topic, partitions }],
      },
      lastVersionByName,
    )
    this.#check(answer.topics[0]?.partitions[0]?.errorCode ?? -1, 'committing as a member')
  }

  async #joined() {
    const ask = () =>
      this.#coordinator.call(joinGroup, {
        groupId: this.#group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId: this.#memberId,
        protocolType: 'consumer',
        protocols: [{ name: 'any', metadata: encodeSubscription(['synced', 'cached']) }],
      })
    let answer = await ask()
    if (answer.errorCode === memberIdRequired) {
      this.#memberId = answer.memberId
      answer = await ask()
    }
    this.#check(answer.errorCode, 'joining')
    this.#memberId = answer.memberId
    return answer
  }

  #assign(memberIds: readonly string[]) {
    return memberIds.map((memberId, place) => {
      const mine = this.#partitions.filter((_, index) => index % memberIds.length === place)
      const assigned = mine.map(({ topic, partition }) => ({ topic, partitions: [partition] }))
      return { memberId, assignment: encodeAssignment(assigned) }
    })
  }

  /** A member that the group does not know (any more) comes as a new one. */
  #check(code: number, doing: string): void {
    try {
      check(code, doing)
    } catch (error) {
      if (error instanceof KafkaError && error.codeName === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
      throw error
    }
  }
}

const memberIdRequired = 79
