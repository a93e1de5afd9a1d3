import { assignedTopics, encodeAssignment } from '../src/client/consumer-protocol.ts'
import { check, KafkaError } from '../src/client/kafka-error.ts'
import type { Api, RequestInputOf, ResponseOf } from '../src/codec/api.ts'
import { heartbeat } from '../src/kafka/schema/heartbeat.ts'
import { joinGroup } from '../src/kafka/schema/join-group.ts'
import { leaveGroup } from '../src/kafka/schema/leave-group.ts'
import { offsetCommit } from '../src/kafka/schema/offset-commit.ts'
import { syncGroup } from '../src/kafka/schema/sync-group.ts'
import { encodeOwning, ownedIn, shareCooperatively } from './cooperative-protocol.ts'
import type { Caller, ClusterCaller } from './kafka-link.ts'
import type { MemberPlan, Ownership, WorkloadMember } from './tested-broker.ts'

/** Virtual ms, all shorter than a request may take. */
const sessionTimeoutMs = 1500
const rebalanceTimeoutMs = 800
const lastVersionByName = 9
const memberIdRequired = 79

/** With these the member is none any more: it comes as a new one, a static one as itself. */
const isNobody: ReadonlySet<string> = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'GROUP_MAX_SIZE_REACHED'])

/** A member of a group of the classic protocol, each request tried once. */
export class KafkaMember implements WorkloadMember {
  readonly #link: ClusterCaller
  readonly #plan: MemberPlan
  readonly #topics: readonly string[]
  readonly #partitions: readonly string[]
  /** Null: to be found. */
  #coordinator: Caller | null = null
  #memberId = ''
  #generation = -1
  #joined: ResponseOf<typeof joinGroup> | null = null
  #wish = 0

  constructor(link: ClusterCaller, plan: MemberPlan) {
    this.#link = link
    this.#plan = plan
    this.#topics = plan.topics.map(({ name }) => name)
    this.#partitions = plan.topics.flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => `${name}/${partition}`),
    )
  }

  async join({ owned, anew }: { owned: readonly string[]; anew: boolean }): Promise<void> {
    if (anew) this.#wish++
    // Where it is may have changed since.
    this.#coordinator = null
    let answer = await this.#ask(joinGroup, this.#joinOf(owned))
    if (answer.errorCode === memberIdRequired) {
      this.#memberId = answer.memberId
      answer = await this.#ask(joinGroup, this.#joinOf(owned))
    }
    this.#check(answer.errorCode, 'joining')
    this.#memberId = answer.memberId
    this.#generation = answer.generationId
    this.#joined = answer
  }

  async sync(): Promise<Ownership> {
    const joined = this.#joined
    const leads = joined !== null && joined.leader === this.#memberId && !joined.skipAssignment
    const answer = await this.#ask(syncGroup, {
      ...this.#me(),
      protocolType: 'consumer',
      protocolName: joined?.protocolName ?? null,
      assignments: leads ? this.#assign(joined.members) : [],
    })
    this.#check(answer.errorCode, 'syncing')
    const partitions = assignedTopics(answer.assignment).flatMap(({ topic, partitions }) =>
      partitions.map((partition) => `${topic}/${partition}`),
    )
    return { generation: this.#generation, partitions }
  }

  async heartbeat(): Promise<void> {
    this.#check((await this.#ask(heartbeat, this.#me())).errorCode, 'a heartbeat')
  }

  async commit(topic: string, partition: number, offset: number): Promise<void> {
    const { groupId, generationId, memberId, groupInstanceId } = this.#me()
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }]
    const body = { groupId, generationIdOrMemberEpoch: generationId, memberId, groupInstanceId }
    const answer = await this.#ask(offsetCommit, { ...body, topics: [{ name: topic, partitions }] }, lastVersionByName)
    this.#check(answer.topics[0]?.partitions[0]?.errorCode ?? -1, 'committing as a member')
  }

  async leave(): Promise<void> {
    const { group: groupId, instanceId: groupInstanceId } = this.#plan
    const members = [{ memberId: this.#memberId, groupInstanceId }]
    const answer = await this.#ask(leaveGroup, { groupId, members })
    check(answer.errorCode, 'leaving')
    this.#check(answer.members[0]?.errorCode ?? -1, 'leaving')
  }

  close(): void {
    this.#link.close()
  }

  #me() {
    const { group: groupId, instanceId: groupInstanceId } = this.#plan
    return { groupId, generationId: this.#generation, memberId: this.#memberId, groupInstanceId }
  }

  #joinOf(owned: readonly string[]) {
    const { group: groupId, instanceId: groupInstanceId, cooperative } = this.#plan
    const metadata = encodeOwning(this.#topics, owned, this.#wish)
    const protocols = [{ name: cooperative ? 'cooperative' : 'eager', metadata }]
    const timeouts = { sessionTimeoutMs, rebalanceTimeoutMs }
    return { groupId, memberId: this.#memberId, groupInstanceId, protocolType: 'consumer', protocols, ...timeouts }
  }

  #assign(members: readonly { readonly memberId: string; readonly metadata: Uint8Array }[]) {
    const inOrder = [...members].sort((one, other) => (one.memberId < other.memberId ? -1 : 1))
    const shared = this.#plan.cooperative
      ? shareCooperatively(
          inOrder.map(({ memberId, metadata }) => ({ memberId, owned: ownedIn(metadata) })),
          this.#partitions,
        )
      : this.#shareEagerly(inOrder)
    return [...shared].map(([memberId, partitions]) => {
      const assigned = partitions.map((partition) => {
        const [topic = '', index] = partition.split('/')
        return { topic, partitions: [Number(index)] }
      })
      return { memberId, assignment: encodeAssignment(assigned) }
    })
  }

  #shareEagerly(members: readonly { readonly memberId: string }[]): Map<string, string[]> {
    const mine = (place: number) => this.#partitions.filter((_, index) => index % members.length === place)
    return new Map(members.map(({ memberId }, place) => [memberId, mine(place)]))
  }

  async #ask<A extends Api>(api: A, body: RequestInputOf<A>, versionMax?: number): Promise<ResponseOf<A>> {
    try {
      this.#coordinator ??= await this.#link.coordinator(this.#plan.group)
      return await this.#coordinator.call(api, body, versionMax)
    } catch (error) {
      this.#coordinator = null
      throw error
    }
  }

  #check(code: number, doing: string): void {
    try {
      check(code, doing)
    } catch (error) {
      if (error instanceof KafkaError && isNobody.has(error.codeName)) this.#memberId = ''
      if (error instanceof KafkaError && error.cure === 'refresh') this.#coordinator = null
      throw error
    }
  }
}
