import { KafkaError } from '../src/client/kafka-error.ts'
import { SimWorld } from '../src/runtime/sim/sim-world.ts'
import { BrokerHost } from './broker-host.ts'
import type { BrokerUnderTest, WorkloadClient } from './tested-broker.ts'
import { checkHistory } from './check-history.ts'
import type { HistoryEvent, ReadRecord, Violation } from './history.ts'
import { MemberLoop } from './member-loop.ts'
import { ProducerLoop } from './producer-loop.ts'
import { markRareThings } from './rare-things.ts'
import { type PlannedAction, type Workload, workloadOf } from './workload.ts'

export interface RunOutcome {
  readonly seed: number
  readonly violations: readonly Violation[]
  readonly traceHash: string
  readonly marks: ReadonlyMap<string, number>
  readonly acknowledged: number
  readonly virtualMs: number
  readonly events: number
}

const place = { dataDirectory: '/data', host: 'broker', port: 9092 }

/** Refusals that deleted records, power cuts and slow disks explain, or that groups give while they are loaded. */
const neverWrong = new Set([
  'OFFSET_OUT_OF_RANGE',
  'REQUEST_TIMED_OUT',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
])

/** Virtual time within which a healed broker must have answered everything. */
const healedWithinMs = 300_000

/** One seed: a broker and its clients in a world of their own, faults and all, and what the checker says of it. */
export async function runSeed(
  seed: number,
  parts: BrokerUnderTest,
  options: { onTrace?: (line: string) => void } = {},
): Promise<RunOutcome> {
  const run = new BrokerRun(seed, parts, options.onTrace)
  const violations = await run.run()
  const { world } = run
  return {
    seed,
    violations,
    traceHash: world.traceHash,
    marks: world.marks,
    acknowledged: run.events.filter((event) => event.type === 'acknowledged').length,
    virtualMs: world.nowMs,
    events: world.events,
  }
}

class BrokerRun {
  readonly world: SimWorld
  readonly events: HistoryEvent[] = []
  readonly #parts: BrokerUnderTest
  readonly #workload: Workload
  readonly #host: BrokerHost
  readonly #client: WorkloadClient
  readonly #producers: ProducerLoop[]
  readonly #members: MemberLoop[] = []
  readonly #positions = new Map<string, number>()
  readonly #committing = new Set<string>()
  readonly #changingTopics = new Set<string>()
  readonly #violations: Violation[] = []

  constructor(seed: number, parts: BrokerUnderTest, onTrace: ((line: string) => void) | undefined) {
    this.world = new SimWorld(seed, onTrace === undefined ? {} : { onTrace })
    this.#parts = parts
    this.#workload = workloadOf(seed)
    const note = (event: HistoryEvent) => this.#note(event)
    this.#host = new BrokerHost({
      world: this.world,
      parts,
      place: { ...place, settings: this.#workload.brokerSettings },
      note,
      violate: (code, detail) => this.#violate(code, detail),
      busy: () => this.#producers.some((producer) => !producer.idle),
    })
    const { runtime } = this.world.node('client')
    this.#client = parts.openClient(runtime, place)
    this.#producers = this.#workload.producers.map(
      (plan) =>
        new ProducerLoop(plan, {
          producer: this.#client.openProducer(plan),
          clock: runtime.clock,
          note,
          era: () => this.#host.powerCuts,
          refused: (error) => this.#refused(error),
        }),
    )
  }

  async run(): Promise<Violation[]> {
    try {
      this.#host.start()
      await this.world.complete(this.#createTopics(), healedWithinMs)
      this.#startMembers()
      for (const { atMs, action } of this.#workload.steps) this.world.schedule(atMs, () => this.#act(action))
      const last = this.#workload.steps.at(-1)?.atMs ?? 0
      await this.world.run({ untilMs: this.world.nowMs + last + 1000 })
      await this.#end()
    } catch (error) {
      this.#violate('uncaught error', error instanceof Error ? `${error.stack}` : `${error}`)
    }
    return this.#violations
  }

  async #end(): Promise<void> {
    const { topics, producers } = this.#workload
    this.#host.calm()
    if (!(await this.world.runUntil(() => this.#host.healthy, healedWithinMs))) {
      return this.#violate('not live', `after all faults were healed, no broker was up for ${healedWithinMs} ms`)
    }
    this.#produceEverywhere()
    if (!(await this.world.runUntil(() => this.#producers.every(({ idle }) => idle), healedWithinMs))) {
      return this.#violate('not live', `after all faults were healed, ${healedWithinMs} ms were not enough`)
    }
    if (!(await this.world.runUntil(() => this.#membersShareAll(), healedWithinMs))) {
      return this.#violate('not live', `the members of a group did not share its partitions in ${healedWithinMs} ms`)
    }
    await this.world.complete(this.#commitEverywhere(), healedWithinMs)
    const finalLogs = await this.world.complete(this.#readAll(), healedWithinMs)
    const flushedPartitions = new Set(
      [...finalLogs.keys()].filter((key) => topics.some((topic) => topic.flushed && key.startsWith(`${topic.name}/`))),
    )
    const idempotentProducers = new Set(producers.flatMap((plan) => (plan.idempotent ? [plan.name] : [])))
    const finalTopics = new Set(
      await this.world.complete(
        this.#insist(() => this.#client.topics()),
        healedWithinMs,
      ),
    )
    const seen = { finalLogs, finalTopics, receipts: this.#parts.receiptsOn?.(this.#host.node.disk) ?? null }
    const history = { events: this.events, flushedPartitions, idempotentProducers, ...seen }
    if (this.#host.promisesAreOff) return this.world.mark('failed fsync that could not be noted')
    this.#violations.push(...checkHistory(history))
    this.#violations.push(...(await this.world.complete(this.#checkTimes(finalLogs), healedWithinMs)))
    markRareThings(history, this.world)
  }

  #startMembers(): void {
    const { runtime } = this.world.node('client')
    const group = 'members'
    for (let number = 1; number <= this.#workload.members; number++) {
      const member = this.#client.openMember?.(group, this.#workload.topics)
      if (member === undefined) return
      const loop = new MemberLoop({
        member,
        group,
        name: `member-${number}`,
        clock: runtime.clock,
        note: (event) => this.#note(event),
        era: () => this.#host.powerCuts,
        committed: (topic, partition) => this.#client.committed(group, topic, partition),
        refused: (error) => this.world.mark(`member: ${error instanceof KafkaError ? error.codeName : 'no answer'}`),
      })
      this.#members.push(loop)
      void loop.work()
    }
  }

  /** Whether all members are in one generation, in which each partition has an owner. */
  #membersShareAll(): boolean {
    const owned = this.#members.map((member) => member.owned)
    if (owned.length === 0) return true
    const wanted = this.#workload.topics.reduce((sum, { partitions }) => sum + partitions, 0)
    const partitions = new Set(owned.flatMap((ownership) => ownership?.partitions ?? []))
    return new Set(owned.map((ownership) => ownership?.generation ?? -1)).size === 1 && partitions.size === wanted
  }

  /** Every partition must take records again. */
  #produceEverywhere(): void {
    for (const { name, partitions } of this.#workload.topics) {
      for (let partition = 0; partition < partitions; partition++) {
        this.#producers[0]?.add({ topic: name, partition, records: 1, valueBytes: 1 })
      }
    }
  }

  /** Every group must take commits again, and tell what was committed last. */
  async #commitEverywhere(): Promise<void> {
    const [topic] = this.#workload.topics
    for (const group of this.#workload.groups) {
      const partition = `${topic?.name}/0`
      const ask = () => this.#client.committed(group, topic?.name ?? '', 0)
      const last = { group, partition, era: this.#host.powerCuts, eraThrough: this.#host.powerCuts }
      const offset = await this.#insist(ask)
      this.#note({ type: 'committed-read', ...last, offset })
      await this.#insist(() => this.#client.commit(group, topic?.name ?? '', 0, offset + 1))
      this.#note({ type: 'committed', ...last, offset: offset + 1 })
      this.#note({ type: 'committed-read', ...last, offset: await this.#insist(ask) })
    }
  }

  async #createTopics(): Promise<void> {
    for (const topic of this.#workload.topics) await this.#insist(() => this.#client.createTopic(topic))
  }

  async #readAll(): Promise<Map<string, ReadRecord[]>> {
    const logs = new Map<string, ReadRecord[]>()
    for (const { name, partitions } of this.#workload.topics) {
      for (let partition = 0; partition < partitions; partition++) {
        const log: ReadRecord[] = []
        const first = await this.#insist(() => this.#client.earliest(name, partition))
        for (;;) {
          const from = (log.at(-1)?.offset ?? first - 1) + 1
          const records = await this.#insist(() => this.#client.read(name, partition, from, 0))
          if (records.length === 0) break
          log.push(...records)
        }
        logs.set(`${name}/${partition}`, log)
      }
    }
    return logs
  }

  /** Asks for offsets by time, and compares them with what stands in the logs. */
  async #checkTimes(logs: ReadonlyMap<string, readonly ReadRecord[]>): Promise<Violation[]> {
    const violations: Violation[] = []
    for (const [partition, log] of logs) {
      const [topic = '', index] = partition.split('/')
      for (let asked = 0; asked < 3 && log.length > 0; asked++) {
        const timestamp = log[this.world.random.integer(log.length)]?.timestamp
        if (timestamp === undefined) break
        const at = timestamp + asked - 1
        const expected = log.find((record) => (record.timestamp ?? 0) >= at)?.offset ?? -1
        const found = await this.#insist(() => this.#client.offsetAt(topic, Number(index), at))
        if (found === expected) continue
        const detail = `the first record of ${at} or later is at ${expected}, not at ${found}`
        violations.push({ code: 'wrong offset for a time', partition, detail })
      }
    }
    return violations
  }

  /** Until it works: for what must work when nothing is broken. The run's own limit of virtual time bounds it. */
  async #insist<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await request()
      } catch (error) {
        this.world.trace(`again after ${error}`)
        await new Promise<void>((resolve) => void this.world.schedule(100, resolve))
      }
    }
  }

  #act(action: PlannedAction): void {
    const { world } = this
    const host = this.#host
    switch (action.do) {
      case 'produce':
        return this.#producers[action.producer]?.add({ ...action, topic: this.#topic(action.topic) })
      case 'read':
        return void this.#read(action)
      case 'commit':
        return void this.#commit(action)
      case 'delete-records':
        return void this.#deleteRecords(action)
      case 'make-topic':
      case 'delete-topic':
        return void this.#changeTopic(action)
      case 'reset-connections':
        world.mark('connections reset')
        return world.network.resetBetween('client', 'broker')
      case 'slow-disk':
        world.mark('slow disk')
        host.node.disk.slowness = action.times
        return void world.schedule(action.forMs, () => void (host.node.disk.slowness = 1))
      case 'clock-jump':
        world.mark('clock jump')
        return host.node.jumpClock(action.byMs)
      case 'disk-fault':
        return host.fault(action)
      default:
        return host.end(action)
    }
  }

  #topic(index: number): string {
    return this.#workload.topics[index]?.name ?? ''
  }

  async #read(action: PlannedAction & { do: 'read' }): Promise<void> {
    const topic = this.#topic(action.topic)
    const key = `${topic}/${action.partition}`
    try {
      const known = action.fromStart ? undefined : this.#positions.get(key)
      const from = known ?? (await this.#client.earliest(topic, action.partition))
      const era = this.#host.powerCuts
      const records = await this.#client.read(topic, action.partition, from, action.waitMs)
      this.#note({ type: 'read', partition: key, from, records, era, eraThrough: this.#host.powerCuts })
      this.#positions.set(key, from + records.length)
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
      let era = this.#host.powerCuts
      const before = await this.#client.committed(group, topic, action.partition)
      this.#note({ type: 'committed-read', group, partition, offset: before, era, eraThrough: this.#host.powerCuts })
      offset = Math.max(before, this.#positions.get(partition) ?? 0)
      era = this.#host.powerCuts
      await this.#client.commit(group, topic, action.partition, offset)
      this.#note({ type: 'committed', group, partition, offset, era, eraThrough: this.#host.powerCuts })
    } catch (error) {
      this.#refused(error)
      if (offset !== null) this.#note({ type: 'commit-unknown', group, partition, offset })
    }
    this.#committing.delete(key)
  }

  async #deleteRecords(action: { topic: number; partition: number; share: number }): Promise<void> {
    const topic = this.#topic(action.topic)
    const partition = `${topic}/${action.partition}`
    const before = Math.floor((this.#positions.get(partition) ?? 0) * action.share)
    this.#note({ type: 'deleting', partition, before })
    try {
      await this.#client.deleteRecords(topic, action.partition, before)
      if (before > 0) this.world.mark('records deleted')
    } catch (error) {
      this.#refused(error)
      // It may have been done, or be done still.
    }
  }

  async #changeTopic({ do: what, name }: { do: 'make-topic' | 'delete-topic'; name: string }): Promise<void> {
    // Two at once would overtake each other.
    if (this.#changingTopics.has(name)) return
    this.#changingTopics.add(name)
    const making = what === 'make-topic'
    const wanted = making ? 'made' : 'deleted'
    try {
      if (making) await this.#client.createTopic({ name, partitions: 1, flushed: false, settings: {} })
      else await this.#client.deleteTopic(name)
      this.#note({ type: 'topic', name, wanted, answered: true })
      this.world.mark(`topic ${wanted}`)
    } catch (error) {
      this.#refused(error)
      this.#note({ type: 'topic', name, wanted, answered: false })
    }
    this.#changingTopics.delete(name)
  }

  #refused(error: unknown): void {
    const name = error instanceof KafkaError ? error.codeName : error instanceof Error ? error.name : `${error}`
    this.world.mark(`refused: ${name}`)
    this.world.trace(`refused: ${error instanceof Error ? error.message : name}`)
    if (!(error instanceof KafkaError) || this.#host.diskHasFailed || neverWrong.has(name)) return
    if (name === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && this.#host.powerCuts > 0) return
    this.#violate('wrong refusal', `${error.message}, on a disk that has never failed`)
  }

  #note(event: HistoryEvent): void {
    this.events.push(event)
    this.world.trace(JSON.stringify(event))
  }

  #violate(code: Violation['code'], detail: string): void {
    this.#violations.push({ code, partition: '', detail })
  }
}
