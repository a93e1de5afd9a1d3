import type { HostedPartitions } from '../broker/hosted-partitions.ts'
import type { LiveConfigs } from '../broker/live-configs.ts'
import type { Membership, MembershipOutcome } from '../broker/membership.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import { type Coordinator, CoordinatorUnavailable } from '../metadata/coordinator/coordinator.ts'
import { decodeAskBody, encodeAskBody } from '../peer/ask-bodies.ts'
import { AskFailed, type Asks, Refusal } from '../peer/asks.ts'
import type { Peers } from '../peer/peers.ts'
import type { GroupName, ReplicationGroups } from '../replica/replication-groups.ts'
import type { Replica } from '../replica/replica.ts'
import { wantVoters } from '../replica/voter-changes.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import { schemeOf } from '../replication/schemes.ts'
import type { Clock } from '../runtime/clock.ts'

const changeSubject = 'change voters'
const hostSubject = 'host replica'
const withinMs = 5_000

interface Wanted extends GroupName {
  readonly do: 'add' | 'remove'
  readonly broker: BrokerId
}

interface Parts {
  readonly coordinator: Coordinator
  readonly configs: LiveConfigs
  readonly partitions: HostedPartitions
  readonly groups: ReplicationGroups
  readonly peers: Peers
  readonly asks: Asks
  readonly clock: Clock
  readonly self: ReplicaId
}

/**
 * Adds and removes replicas, on the broker that an operator has asked. Where the replicas elect their leader themselves that leader is asked,
 * and nobody else: the metadata quorum may be down. Else the coordinator is.
 */
export class ReplicaChanges implements Membership {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
    const { asks, partitions } = parts
    asks.answer(changeSubject, async (_from, body) => {
      const outcome = await this.#changeHere(decodeAskBody(body) as Wanted)
      if (outcome === null) throw new Refusal('this broker does not lead the group')
      return encodeAskBody(outcome)
    })
    asks.answer(hostSubject, async (_from, body) => {
      if (!(await partitions.host(decodeAskBody(body) as GroupName)))
        throw new Refusal('there is no such partition here')
      return encodeAskBody({})
    })
  }

  async change(wanted: Parameters<Membership['change']>[0]): Promise<MembershipOutcome> {
    const { coordinator, configs } = this.#parts
    const { topic: name, partition, broker } = wanted
    // A queue has the replicas of its commit log.
    const holder = coordinator.image.holderOf(name, partition)
    if (holder === null) return { code: 'unknown-partition', message: `there is no partition ${name}-${partition}` }
    const asked = { topicId: holder.topic.id, partition: holder.partition.index, do: wanted.do, broker }
    const config = configs.topic(holder.topic.name)
    if (schemeOf(config).elect === 'self') return this.#askLeader(asked)
    try {
      const syncBackups = config.replicationSyncBackups
      return await coordinator.submit('changeReplicas', { ...asked, syncBackups })
    } catch (error) {
      if (error instanceof CoordinatorUnavailable) return { code: 'unavailable', message: error.message }
      throw error
    }
  }

  async #askLeader(wanted: Wanted): Promise<MembershipOutcome> {
    const { groups, asks, self } = this.#parts
    const leader = groups.leaderOf(wanted)?.leader ?? null
    if (leader === null) return { code: 'no-leader', message: 'nobody leads it who could be asked' }
    try {
      const outcome =
        leader === self.broker
          ? await this.#changeHere(wanted)
          : (decodeAskBody(await asks.ask(leader, changeSubject, encodeAskBody(wanted), withinMs)) as MembershipOutcome)
      return outcome ?? { code: 'no-leader', message: `broker ${leader} leads it no more` }
    } catch (error) {
      if (!(error instanceof AskFailed || error instanceof MalformedInput)) throw error
      return { code: 'no-leader', message: `broker ${leader}, which leads it, has not answered: ${error.message}` }
    }
  }

  /** Null: this broker does not lead the group. */
  async #changeHere(wanted: Wanted): Promise<MembershipOutcome | null> {
    const { coordinator, partitions, clock } = this.#parts
    const topic = coordinator.image.topicById(wanted.topicId)
    const replica = topic === null ? null : partitions.get(topic.name, wanted.partition)
    if (replica === null || !replica.leads) return null
    const member = this.#memberOf(replica, wanted)
    if (member === null) return { code: 'unknown-broker', message: `broker ${wanted.broker} is out of reach` }
    if (wanted.do === 'add') {
      const fault = await this.#hostAt(wanted)
      if (fault !== null) return { code: 'not-possible', message: fault }
    }
    const outcome = await wantVoters(replica, { do: wanted.do, replica: member }, clock.monotonicMs())
    if (outcome.code === 'changed' || outcome.code === 'already') return { code: outcome.code }
    const message = 'message' in outcome ? outcome.message : `it could not be committed (${outcome.code})`
    return { code: 'not-possible', message }
  }

  /** The broker's replica: of those that vote the one that does, else the one on the folder that it runs with. */
  #memberOf(replica: Replica, { do: what, broker }: Wanted): ReplicaId | null {
    const { self, peers } = this.#parts
    const { voters = [], learner = null } = replica.latestVoters ?? {}
    const known = [...voters, ...(learner === null ? [] : [learner])].find((each) => each.broker === broker)
    if (what === 'remove' || known !== undefined) return known ?? { broker, directory: '' }
    if (broker === self.broker) return self
    const peer = [...peers.connected()].find((each) => each.broker === broker)
    return peer === undefined ? null : { broker, directory: peer.directory }
  }

  async #hostAt({ topicId, partition, broker }: Wanted): Promise<string | null> {
    const { asks, partitions, self } = this.#parts
    const group = { topicId, partition }
    if (broker === self.broker) return (await partitions.host(group)) ? null : 'it could not be opened here'
    try {
      await asks.ask(broker, hostSubject, encodeAskBody(group), withinMs)
      return null
    } catch (error) {
      if (error instanceof AskFailed) return `broker ${broker} has not opened it: ${error.message}`
      throw error
    }
  }
}
