import { isDeepStrictEqual } from 'node:util'
import { KafkaError } from '../src/client/kafka-error.ts'
import type { Clock } from '../src/runtime/clock.ts'
import type { SimWorld } from '../src/runtime/sim/sim-world.ts'
import type { HistoryEvent, ReadRecord, Violation } from './history.ts'
import { MemberLoop } from './member-loop.ts'
import { ProducerLoop } from './producer-loop.ts'
import type { WorkloadClient, WorkloadMember } from './tested-broker.ts'
import type { PlannedStorm } from './planned-members.ts'
import type { PlannedAction, Workload } from './workload.ts'

/** What clients do in a run, and what they do it with. */
export interface ClientSurroundings {
  readonly world: SimWorld
  readonly clock: Clock
  readonly client: WorkloadClient
  readonly workload: Pick<Workload, 'topics' | 'producers' | 'groups' | 'members'>
  note(event: HistoryEvent): void
  /** Power cuts so far that may take what was acknowledged. */
  era(): number
  /** Told of every refusal of a broker. */
  refused(error: KafkaError): void
}

/** What a client can be told to do. */
export type ClientAction = PlannedAction & {
  do:
    | 'produce'
    | 'read'
    | 'commit'
    | 'delete-records'
    | 'make-topic'
    | 'delete-topic'
    | 'commit-spare'
    | 'members'
    | 'look'
}

/** Members that are left alone have shared all by then, nearly always. */
const callAfterMs = 20_000

/** The clients of a run at work: producers, readers, committers and members of a group, each noting what it is told. */
export class ClientWork {
  readonly #in: ClientSurroundings
  readonly #producers: readonly ProducerLoop[]
  readonly #members: MemberLoop[] = []
  readonly #positions = new Map<string, number>()
  readonly #committing = new Set<string>()
  readonly #changingTopics = new Set<string>()

  constructor(surroundings: ClientSurroundings) {
    this.#in = surroundings
    const { client, clock, workload, note, era } = surroundings
    const refused = (error: unknown): void => this.#refused(error)
    this.#producers = workload.producers.map(
      (plan) => new ProducerLoop(plan, { producer: client.openProducer(plan), clock, note, era, refused }),
    )
  }

  /** Every batch has been answered or given up. */
  get idle(): boolean {
    return this.#producers.every(({ idle }) => idle)
  }

  act(action: ClientAction): void {
    switch (action.do) {
      case 'produce':
        return this.#producers[action.producer]?.add({ ...action, ...this.#sentTo(action.topic) })
      case 'read':
        return void this.#read(action)
      case 'commit':
        return void this.#commit(action)
      case 'delete-records':
        return void this.#deleteRecords(action)
      case 'commit-spare':
        return void this.#commitSpare(action.name)
      case 'members':
        return this.#storm(action)
      case 'look':
        return this.#look()
      case 'make-topic':
      case 'delete-topic':
        return void this.#changeTopic(action)
      default:
        return action satisfies never
    }
  }

  startMembers(): void {
    const { client, clock, workload, note, era, world } = this.#in
    const { group, members, cooperative } = workload.members
    const random = world.random.fork('members')
    for (const { name, instanceId } of members) {
      if (client.openMember === undefined) return
      const plan = { group, topics: workload.topics, instanceId, cooperative }
      const loop = new MemberLoop({
        open: () => client.openMember?.(plan) as WorkloadMember,
        group,
        name,
        cooperative,
        isStatic: instanceId !== null,
        clock,
        random,
        note,
        era,
        committed: (topic, partition) => client.committed(group, topic, partition),
        refused: (error) => world.mark(`member: ${error instanceof KafkaError ? error.codeName : 'no answer'}`),
        mark: (what) => world.mark(what),
      })
      this.#members.push(loop)
      void loop.work()
    }
  }

  /** Members are left alone from now on: those that are away come back, and those for whom there is no room leave for good. */
  calmMembers(): void {
    const { sizeMax, cooperative } = this.#in.workload.members
    // Static members that all die between the two rounds of a cooperative rebalance come back to what the first has given them,
    // with Kafka, too: part of it to nobody, until somebody calls.
    if (cooperative) this.#in.world.schedule(callAfterMs, () => this.#members.find((one) => !one.isRetired)?.callAll())
    for (const [place, member] of this.#members.entries()) {
      if (sizeMax !== null && place >= sizeMax) member.retire()
      else member.calm()
    }
  }

  /** Whether all members are in one generation, in which each partition has an owner. */
  membersShareAll(): boolean {
    const owned = this.#members.filter(({ isRetired }) => !isRetired).map((member) => member.owned)
    if (owned.length === 0) return true
    const wanted = this.#in.workload.topics.reduce((sum, { partitions }) => sum + partitions, 0)
    const partitions = new Set(owned.flatMap((ownership) => ownership?.partitions ?? []))
    return new Set(owned.map((ownership) => ownership?.generation ?? -1)).size === 1 && partitions.size === wanted
  }

  /** Every partition must take records again. */
  produceEverywhere(): void {
    for (const [index, { partitions }] of this.#in.workload.topics.entries()) {
      for (let partition = 0; partition < partitions; partition++) {
        this.#producers[0]?.add({ ...this.#sentTo(index), partition, records: 1, valueBytes: 1 })
      }
    }
  }

  /** Every group must take commits again, and tell what was committed last. */
  async commitEverywhere(): Promise<void> {
    const [topic] = this.#in.workload.topics
    for (const group of this.#in.workload.groups) {
      const partition = `${topic?.name}/0`
      const ask = () => this.#in.client.committed(group, topic?.name ?? '', 0)
      const last = { group, partition, era: this.#in.era(), eraThrough: this.#in.era() }
      const offset = await this.insist(ask)
      this.#in.note({ type: 'committed-read', ...last, offset })
      await this.insist(() => this.#in.client.commit(group, topic?.name ?? '', 0, offset + 1))
      this.#in.note({ type: 'committed', ...last, offset: offset + 1 })
      this.#in.note({ type: 'committed-read', ...last, offset: await this.insist(ask) })
    }
  }

  async createTopics(): Promise<void> {
    for (const topic of this.#in.workload.topics) await this.insist(() => this.#in.client.createTopic(topic))
  }

  async readAll(): Promise<Map<string, ReadRecord[]>> {
    const logs = new Map<string, ReadRecord[]>()
    for (const { name, partitions, cleaning } of this.#in.workload.topics) {
      for (let partition = 0; partition < partitions; partition++) {
        let log = await this.#readWhole(name, partition)
        // What is compacted between two reads shows what it never was.
        for (let before: ReadRecord[] | null = null; cleaning === 'compact' && !isDeepStrictEqual(log, before); ) {
          before = log
          log = await this.#readWhole(name, partition)
        }
        logs.set(`${name}/${partition}`, log)
      }
    }
    return logs
  }

  async #readWhole(topic: string, partition: number): Promise<ReadRecord[]> {
    const log: ReadRecord[] = []
    const first = await this.insist(() => this.#in.client.earliest(topic, partition))
    for (;;) {
      const from = (log.at(-1)?.offset ?? first - 1) + 1
      const records = await this.insist(() => this.#in.client.read(topic, partition, from, 0))
      if (records.length === 0) return log
      log.push(...records)
    }
  }

  /** Asks for offsets by time, and compares them with what stands in the logs. */
  async checkTimes(logs: ReadonlyMap<string, readonly ReadRecord[]>): Promise<Violation[]> {
    const violations: Violation[] = []
    for (const [partition, log] of logs) {
      const [topic = '', index] = partition.split('/')
      // Another compaction may have come since.
      if (this.#in.workload.topics.find(({ name }) => name === topic)?.cleaning === 'compact') continue
      for (let asked = 0; asked < 3 && log.length > 0; asked++) {
        const timestamp = log[this.#in.world.random.integer(log.length)]?.timestamp
        if (timestamp === undefined) break
        const at = timestamp + asked - 1
        const expected = log.find((record) => (record.timestamp ?? 0) >= at)?.offset ?? -1
        const found = await this.insist(() => this.#in.client.offsetAt(topic, Number(index), at))
        if (found === expected) continue
        // Old records may have gone since.
        const isAged = this.#in.workload.topics.find(({ name }) => name === topic)?.cleaning === 'age'
        if (isAged && expected < (await this.insist(() => this.#in.client.earliest(topic, Number(index))))) continue
        const detail = `the first record of ${at} or later is at ${expected}, not at ${found}`
        violations.push({ code: 'wrong offset for a time', partition, detail })
      }
    }
    return violations
  }

  /** Until it works: for what must work when nothing is broken. The run's own limit of virtual time bounds it. */
  async insist<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await request()
      } catch (error) {
        this.#in.world.trace(`again after ${error}`)
        await new Promise<void>((resolve) => void this.#in.world.schedule(100, resolve))
      }
    }
  }

  #storm({ fates, backMs }: PlannedStorm): void {
    this.#in.world.mark('storm of members')
    for (const { member, fate, afterMs } of fates) {
      this.#in.world.schedule(afterMs, () => this.#members[member]?.suffer(fate, backMs))
    }
  }

  #topic(index: number): string {
    return this.#in.workload.topics[index]?.name ?? ''
  }

  #sentTo(index: number): { topic: string; hasTombstones: boolean } {
    return { topic: this.#topic(index), hasTombstones: this.#in.workload.topics[index]?.cleaning === 'compact' }
  }

  /** What a request was answered with instead. */
  #refused(error: unknown): void {
    const { world } = this.#in
    const name = error instanceof KafkaError ? error.codeName : error instanceof Error ? error.name : `${error}`
    world.mark(`refused: ${name}`)
    world.trace(`refused: ${error instanceof Error ? error.message : name}`)
    if (error instanceof KafkaError) this.#in.refused(error)
  }

  async #read(action: PlannedAction & { do: 'read' }): Promise<void> {
    const topic = this.#topic(action.topic)
    const key = `${topic}/${action.partition}`
    try {
      const known = action.fromStart ? undefined : this.#positions.get(key)
      const from = known ?? (await this.#in.client.earliest(topic, action.partition))
      const era = this.#in.era()
      const records = await this.#in.client.read(topic, action.partition, from, action.waitMs)
      this.#in.note({ type: 'read', partition: key, from, records, era, eraThrough: this.#in.era() })
      this.#positions.set(key, (records.at(-1)?.offset ?? from - 1) + 1)
    } catch (error) {
      this.#refused(error)
      // Down, or a power cut took what the position stood on: begin again.
      this.#positions.delete(key)
    }
  }

  async #commit(action: { group: string; topic: number; partition: number }): Promise<void> {
    const topic = this.#topic(action.topic)
    const [{ group }, partition] = [action, `${topic}/${action.partition}`]
    const key = `${group} ${partition}`
    // Two at once would overtake each other.
    if (this.#committing.has(key)) return
    this.#committing.add(key)
    let offset: number | null = null
    try {
      let era = this.#in.era()
      const before = await this.#in.client.committed(group, topic, action.partition)
      this.#in.note({ type: 'committed-read', group, partition, offset: before, era, eraThrough: this.#in.era() })
      offset = Math.max(before, this.#positions.get(partition) ?? 0)
      era = this.#in.era()
      this.#in.note({ type: 'committing', group, partition })
      await this.#in.client.commit(group, topic, action.partition, offset)
      this.#in.note({ type: 'committed', group, partition, offset, era, eraThrough: this.#in.era() })
    } catch (error) {
      this.#refused(error)
      if (offset !== null) this.#in.note({ type: 'commit-unknown', group, partition, offset })
    }
    this.#committing.delete(key)
  }

  /** Asks for every committed offset. */
  #look(): void {
    const { topics, groups, members } = this.#in.workload
    for (const { name, partitions } of topics) {
      for (let partition = 0; partition < partitions; partition++) {
        for (const group of [...groups, members.group]) void this.#lookAt({ group, topic: name, partition })
      }
    }
  }

  async #lookAt(at: { group: string; topic: string; partition: number }): Promise<void> {
    const { group, topic } = at
    const partition = `${topic}/${at.partition}`
    const key = `${group} ${partition}`
    // What is committed meanwhile would be told in another order than it was done.
    const isInUse = (): boolean =>
      group === this.#in.workload.members.group && this.#members.some(({ isThere }) => isThere)
    if (this.#committing.has(key) || isInUse()) return
    this.#committing.add(key)
    try {
      const era = this.#in.era()
      const offset = await this.#in.client.committed(group, topic, at.partition)
      if (!isInUse())
        this.#in.note({ type: 'committed-read', group, partition, offset, era, eraThrough: this.#in.era() })
    } catch (error) {
      this.#refused(error)
    }
    this.#committing.delete(key)
  }

  async #deleteRecords(action: { topic: number; partition: number; share: number }): Promise<void> {
    const topic = this.#topic(action.topic)
    const partition = `${topic}/${action.partition}`
    const before = Math.floor((this.#positions.get(partition) ?? 0) * action.share)
    this.#in.note({ type: 'deleting', partition, before })
    try {
      await this.#in.client.deleteRecords(topic, action.partition, before)
      if (before > 0) this.#in.world.mark('records deleted')
    } catch (error) {
      this.#refused(error)
      // It may have been done, or be done still.
    }
  }

  /** For a topic that may not be there. Not while it comes or goes: then nobody knows which topic an answer is about. */
  async #commitSpare(topic: string): Promise<void> {
    const [group = ''] = this.#in.workload.groups
    const partition = `${topic}/0`
    if (this.#changingTopics.has(topic)) return
    this.#changingTopics.add(topic)
    let offset: number | null = null
    try {
      let era = this.#in.era()
      const before = await this.#in.client.committed(group, topic, 0)
      this.#in.note({ type: 'committed-read', group, partition, offset: before, era, eraThrough: this.#in.era() })
      offset = before + 1
      era = this.#in.era()
      this.#in.note({ type: 'committing', group, partition })
      await this.#in.client.commit(group, topic, 0, offset)
      this.#in.note({ type: 'committed', group, partition, offset, era, eraThrough: this.#in.era() })
    } catch (error) {
      const isNotThere = error instanceof KafkaError && error.codeName === 'UNKNOWN_TOPIC_OR_PARTITION'
      if (!isNotThere) this.#refused(error)
      if (!isNotThere && offset !== null) this.#in.note({ type: 'commit-unknown', group, partition, offset })
    }
    this.#changingTopics.delete(topic)
  }

  async #changeTopic({ do: what, name }: { do: 'make-topic' | 'delete-topic'; name: string }): Promise<void> {
    // Two at once would overtake each other.
    if (this.#changingTopics.has(name)) return
    this.#changingTopics.add(name)
    const making = what === 'make-topic'
    const wanted = making ? 'made' : 'deleted'
    try {
      if (making) await this.#in.client.createTopic({ name, partitions: 1, flushed: false, settings: {} })
      else await this.#in.client.deleteTopic(name)
      this.#in.note({ type: 'topic', name, wanted, answered: true })
      this.#in.world.mark(`topic ${wanted}`)
    } catch (error) {
      this.#refused(error)
      this.#in.note({ type: 'topic', name, wanted, answered: false })
    }
    this.#changingTopics.delete(name)
  }
}
