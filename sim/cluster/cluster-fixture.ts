import { BrokerUnreachable } from '../../src/client/kafka-error.ts'
import { alterPartitionReassignments } from '../../src/kafka/schema/alter-partition-reassignments.ts'
import { listPartitionReassignments } from '../../src/kafka/schema/list-partition-reassignments.ts'
import { metadata } from '../../src/kafka/schema/metadata.ts'
import { changeReplica } from '../../src/kafka/schema/own/change-replica.ts'
import { promoteReplica } from '../../src/kafka/schema/own/promote-replica.ts'
import { isCommitLog } from '../../src/metadata/topic-name.ts'
import type { Replica } from '../../src/replica/replica.ts'
import { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import { type BrokerRules, brokerRules } from '../../src/server/broker-rules.ts'
import type { ReadRecord } from '../history.ts'
import { KafkaWorkloadClient } from '../kafka-client.ts'
import { machineName } from '../machine-faults.ts'
import type { WorkloadProducer } from '../tested-broker.ts'
import { ClusterLink } from './cluster-link.ts'
import { ClusterMachine, kafkaPort } from './cluster-machine.ts'
import type { PlannedDeath } from './cluster-plan.ts'

const settings = {
  'default.replication.factor': '3',
  'broker.heartbeat.interval.ms': '50',
  'broker.session.timeout.ms': '300',
}

export interface FixtureShape {
  /** Default 3. */
  readonly brokers?: number
  /** Processes that alone vote in the metadata log; default 0: the first three brokers do. */
  readonly controllers?: number
  /** Of the brokers. */
  readonly settings?: Readonly<Record<string, string>>
  readonly seed?: number
  /** Of the client; default none. Brokers stand in three, by their ids. */
  readonly rack?: string
  readonly rules?: BrokerRules
}

const firstController = 101

/** A cluster for stories: what happens to it is told step by step, and virtual time passes until something holds. */
export class ClusterFixture {
  readonly world: SimWorld
  /** The brokers. */
  readonly machines: readonly ClusterMachine[]
  readonly controllers: readonly ClusterMachine[]
  readonly client: KafkaWorkloadClient
  /** How often the client was sent to a replica that is near. */
  nearReads = 0
  readonly #link: ClusterLink
  readonly #producer: WorkloadProducer

  private constructor(shape: FixtureShape) {
    const { brokers = 3, controllers = 0, settings: more = {}, seed = 1, rules = brokerRules, rack = '' } = shape
    this.world = new SimWorld(seed)
    const violate = (code: string, detail: string): never => {
      throw new Error(`${code}: ${detail}`)
    }
    const surroundings = {
      world: this.world,
      settings: { ...settings, ...more },
      rules,
      violate,
      mayLose: () => true,
    }
    const machineOf = (id: number): ClusterMachine => new ClusterMachine(id, surroundings)
    this.machines = Array.from({ length: brokers }, (_, at) => machineOf(at + 1))
    this.controllers = Array.from({ length: controllers }, (_, at) => machineOf(firstController + at))
    const { runtime } = this.world.node('client')
    const addresses = new Map(this.machines.map(({ id }) => [id, { host: machineName(id), port: kafkaPort }]))
    const open = (): ClusterLink => new ClusterLink(runtime, addresses, { rack, sentNear: () => this.nearReads++ })
    this.#link = open()
    this.client = new KafkaWorkloadClient(runtime, open)
    this.#producer = this.client.openProducer({ name: 'teller', idempotent: true, acks: -1 })
  }

  /** With a topic `t` of one partition, whose leader is told to `story` first. */
  static async tell(
    topicSettings: Readonly<Record<string, string>>,
    story: (cluster: ClusterFixture, leader: ClusterMachine) => Promise<void>,
    shape: FixtureShape = {},
  ): Promise<void> {
    const cluster = new ClusterFixture(shape)
    await cluster.#start()
    const topic = { name: 't', partitions: 1, flushed: false, settings: topicSettings }
    await cluster.world.complete(cluster.client.createTopic(topic))
    await cluster.until(() => cluster.leader !== null)
    await story(cluster, cluster.leader as ClusterMachine)
  }

  async #start(): Promise<void> {
    const { machines, controllers } = this
    const voting = controllers.length > 0 ? controllers : machines.slice(0, 3)
    const voters = (await this.world.complete(Promise.all(voting.map((machine) => machine.format())))).join(',')
    const quorum = { 'controller.quorum.voters': voters }
    for (const each of controllers) each.start({ ...quorum, 'process.roles': 'controller' })
    for (const each of machines) each.start(voting.includes(each) ? quorum : { ...quorum, 'process.roles': 'broker' })
    await this.until(() => [...machines, ...controllers].every(({ isUp }) => isUp))
  }

  /** Where the partition is led. */
  get leader(): ClusterMachine | null {
    return this.machines.find((machine) => this.replicaOn(machine)?.leads) ?? null
  }

  /** The replica of the partition, or of the commit log that it is a queue of. */
  replicaOn({ replicas }: ClusterMachine): Replica | null {
    return [...replicas].find(({ topic }) => topic === 't' || isCommitLog(topic)) ?? null
  }

  /**
   * The primary writes a tail that no backup hears of, and crashes; `stored` is what all have stored by then. Ends when the backups serve,
   * and nothing is cut off any more.
   */
  async dieWithTail(
    primary: ClusterMachine,
    { stored, crash }: { stored: number; crash: PlannedDeath },
  ): Promise<void> {
    const { world } = this
    await this.until(() => this.machines.every((each) => this.replicaOn(each)?.log.storedUpTo === stored))
    // What the backups are not told of any more.
    for (const { id } of this.machines) world.network.block(`node-${primary.id}`, `node-${id}`)
    await this.insist('tail')
    primary.end(crash)
    await this.until(() => this.machines.some((each) => this.replicaOn(each)?.knownLeader === null))
    // Not before: what was on the wire would get through.
    world.network.heal()
    await world.run({ untilMs: world.nowMs + 300 })
  }

  /** Rejects when it does not come to hold in that time, in virtual ms. */
  async until(holds: () => boolean, withinMs = 20_000): Promise<void> {
    if (!(await this.world.runUntil(holds, withinMs))) throw new Error(`it does not come to hold: ${holds}`)
  }

  /** The offset, or the error's message. */
  async produce(value: string): Promise<number | string> {
    const batch = { topic: 't', partition: 0, values: [value], again: false }
    return this.#reached(() => this.#producer.send(batch)).then(
      (offset) => offset ?? -1,
      (error: Error) => error.message,
    )
  }

  /** What a request is answered with in the end, whatever it was refused with before. */
  async insisted<T>(ask: () => Promise<T>): Promise<T> {
    for (const untilMs = this.world.nowMs + 30_000; ; ) {
      try {
        return await this.world.complete(ask())
      } catch (error) {
        if (this.world.nowMs > untilMs) throw error
        await this.world.run({ untilMs: this.world.nowMs + 50 })
      }
    }
  }

  /** Asks again while it comes to a broker that is down. */
  async #reached<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.world.complete(ask())
      } catch (error) {
        if (!(error instanceof BrokerUnreachable)) throw error
        await this.world.run({ untilMs: this.world.nowMs + 20 })
      }
    }
  }

  /** Until it is taken. */
  async insist(value: string): Promise<void> {
    while (typeof (await this.produce(value)) !== 'number') await this.world.run({ untilMs: this.world.nowMs + 100 })
  }

  /** The values that a consumer gets, control batches left out, or the error's message. */
  async read(): Promise<string[] | string> {
    const values: ReadRecord[] = []
    try {
      for (let from = 0; ; ) {
        const records = await this.#reached(() => this.client.read('t', 0, from, 0))
        const last = records.at(-1)
        if (last === undefined) break
        values.push(...records)
        from = last.offset + 1
      }
    } catch (error) {
      return (error as Error).message
    }
    return values.map(({ value }) => value).filter((value) => !value.startsWith('control'))
  }

  /** Has the machine's replica take the primary's place, asked at that machine; the error's message, or null. */
  async promote(machine: ClusterMachine, { unclean = false } = {}): Promise<string | null> {
    const body = { topic: 't', partition: 0, brokerId: machine.id, unclean }
    const { partitions } = await this.#reached(() => this.#linkTo(machine).call(promoteReplica, body))
    return partitions[0]?.errorMessage ?? null
  }

  /** Has the machine hold a replica, or not; the error's message, or null. */
  async change(what: 'add' | 'remove', { id: brokerId }: ClusterMachine): Promise<string | null> {
    const body = { topic: 't', partition: 0, brokerId, add: what === 'add' }
    const { errorCode, errorMessage } = await this.#reached(() => this.#link.call(changeReplica, body))
    return errorCode === 0 ? null : (errorMessage ?? `error ${errorCode}`)
  }

  /** Has its replicas stand there from now on; null: what is under way is called off. */
  async reassign(to: readonly number[] | null): Promise<{ errorCode: number; errorMessage: string | null }> {
    const partitions = [{ partitionIndex: 0, replicas: to === null ? null : [...to] }]
    const body = { topics: [{ name: 't', partitions }] }
    const { responses } = await this.#reached(() => this.#link.call(alterPartitionReassignments, body))
    const { errorCode = -1, errorMessage = null } = responses[0]?.partitions[0] ?? {}
    return { errorCode, errorMessage }
  }

  /** What is being moved. */
  async moving() {
    const { topics } = await this.#reached(() => this.#link.call(listPartitionReassignments, { topics: null }))
    return topics[0]?.partitions ?? []
  }

  /** As `produce`, of a client that knows of no other broker. */
  async produceAt(machine: ClusterMachine, value: string): Promise<number | string> {
    const client = new KafkaWorkloadClient(this.world.node('client').runtime, () => this.#linkTo(machine))
    const producer = client.openProducer({ name: 'local', idempotent: false, acks: -1 })
    const sent = producer.send({ topic: 't', partition: 0, values: [value], again: false })
    return this.world.complete(sent).then(
      (offset) => offset ?? -1,
      (error: Error) => error.message,
    )
  }

  #linkTo({ id }: ClusterMachine): ClusterLink {
    const address = { host: machineName(id), port: kafkaPort }
    return new ClusterLink(this.world.node('client').runtime, new Map([[id, address]]))
  }

  /** What Metadata tells of the partition. */
  async told() {
    const body = { topics: [{ name: 't' }], allowAutoTopicCreation: false }
    const { topics } = await this.#reached(() => this.#link.call(metadata, body))
    return topics[0]?.partitions[0]
  }

  /** Until clients are told of so many replicas in sync. */
  async untilToldInSync(count: number): Promise<void> {
    for (const untilMs = this.world.nowMs + 20_000; (await this.told())?.isrNodes.length !== count; ) {
      if (this.world.nowMs > untilMs) throw new Error(`there do not come to be ${count} in sync`)
      await this.world.run({ untilMs: this.world.nowMs + 100 })
    }
  }
}
