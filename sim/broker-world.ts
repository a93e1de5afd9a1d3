import { SimWorld } from '../src/runtime/sim/sim-world.ts'
import type { BrokerUnderTest, RunningBroker, WorkloadClient } from './broker-under-test.ts'
import { checkHistory } from './check-history.ts'
import type { HistoryEvent, ReadRecord, Violation } from './history.ts'
import { ProducerLoop } from './producer-loop.ts'
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
  readonly #client: WorkloadClient
  readonly #producers: ProducerLoop[]
  readonly #positions = new Map<string, number>()
  readonly #violations: Violation[] = []
  #broker: RunningBroker | null = null
  #stopping = false
  #powerCuts = 0

  constructor(seed: number, parts: BrokerUnderTest, onTrace: ((line: string) => void) | undefined) {
    this.world = new SimWorld(seed, onTrace === undefined ? {} : { onTrace })
    this.#parts = parts
    this.#workload = workloadOf(seed)
    const { runtime } = this.world.node('client')
    this.#client = parts.openClient(runtime, place)
    this.#producers = this.#workload.producers.map(
      (plan) =>
        new ProducerLoop(plan, {
          producer: this.#client.openProducer(plan),
          clock: runtime.clock,
          note: (event) => this.#note(event),
          era: () => this.#powerCuts,
        }),
    )
  }

  async run(): Promise<Violation[]> {
    try {
      this.#start()
      await this.world.complete(this.#createTopics(), healedWithinMs)
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
    this.world.node('broker').disk.slowness = 1
    const idle = () => this.#broker !== null && this.#producers.every((producer) => producer.idle)
    if (!(await this.world.runUntil(idle, healedWithinMs))) {
      return this.#violate('not live', `after all faults were healed, ${healedWithinMs} ms were not enough`)
    }
    const finalLogs = await this.world.complete(this.#readAll(), healedWithinMs)
    const { topics, producers } = this.#workload
    const flushedPartitions = new Set(
      [...finalLogs.keys()].filter((key) => topics.some((topic) => topic.flushed && key.startsWith(`${topic.name}/`))),
    )
    const idempotentProducers = new Set(producers.flatMap((plan) => (plan.idempotent ? [plan.name] : [])))
    this.#violations.push(...checkHistory({ events: this.events, flushedPartitions, idempotentProducers, finalLogs }))
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
          const records = await this.#insist(() => this.#client.read(name, partition, from))
          if (records.length === 0) break
          log.push(...records)
        }
        logs.set(`${name}/${partition}`, log)
      }
    }
    return logs
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
    if (action.do === 'produce') {
      const topic = this.#workload.topics[action.topic]?.name ?? ''
      this.#producers[action.producer]?.add({ ...action, topic })
    } else if (action.do === 'read') void this.#read(action)
    else if (action.do === 'commit') void this.#commit(action)
    else if (action.do === 'reset-connections') world.network.resetBetween('client', 'broker')
    else if (action.do === 'slow-disk') {
      const { disk } = world.node('broker')
      disk.slowness = action.times
      world.schedule(action.forMs, () => void (disk.slowness = 1))
    } else if (action.do === 'stop') void this.#stop(action.downMs)
    else this.#fault(action.do, action.downMs)
  }

  async #read(action: { topic: number; partition: number; fromStart: boolean }): Promise<void> {
    const topic = this.#workload.topics[action.topic]?.name ?? ''
    const key = `${topic}/${action.partition}`
    try {
      const known = action.fromStart ? undefined : this.#positions.get(key)
      const from = known ?? (await this.#client.earliest(topic, action.partition))
      const era = this.#powerCuts
      const records = await this.#client.read(topic, action.partition, from)
      this.#note({ type: 'read', partition: key, from, records, era })
      this.#positions.set(key, from + records.length)
    } catch {
      // Down, or a power cut took what the position stood on: begin again.
      this.#positions.delete(key)
    }
  }

  async #commit(action: { group: string; topic: number; partition: number }): Promise<void> {
    const topic = this.#workload.topics[action.topic]?.name ?? ''
    const [{ group }, partition] = [action, `${topic}/${action.partition}`]
    try {
      let era = this.#powerCuts
      const before = await this.#client.committed(group, topic, action.partition)
      this.#note({ type: 'committed-read', group, partition, offset: before, era })
      const offset = Math.max(before, this.#positions.get(partition) ?? 0)
      era = this.#powerCuts
      await this.#client.commit(group, topic, action.partition, offset)
      this.#note({ type: 'committed', group, partition, offset, era })
    } catch {
      // No answer: it may have been committed, and that is fine, too.
    }
  }

  #fault(fault: 'crash' | 'power-cut', downMs: number): void {
    const node = this.world.node('broker')
    if (fault === 'crash' && !node.running) return
    const wasUp = node.running
    this.#broker = null
    this.#stopping = false
    this.#note({ type: 'fault', fault })
    this.world.mark(wasUp ? fault : `${fault} of a dead broker`)
    if (fault === 'crash') node.crash()
    else {
      this.#powerCuts++
      node.powerCut()
    }
    if (wasUp) this.world.schedule(downMs, () => this.#restart())
  }

  async #stop(downMs: number): Promise<void> {
    const broker = this.#broker
    if (broker === null || this.#stopping) return
    this.#stopping = true
    // Never goes on when a fault comes first: the broker's promises die with it.
    await broker.stop()
    this.#stopping = false
    this.#broker = null
    this.#note({ type: 'stopped' })
    this.world.mark('clean stop')
    this.world.node('broker').crash()
    this.world.schedule(downMs, () => this.#restart())
  }

  #restart(): void {
    this.world.node('broker').restart()
    this.#start()
  }

  #start(): void {
    const node = this.world.node('broker')
    node.onExit = (code) => this.#violate('ended itself', `the broker exited with code ${code}`)
    this.#parts.startBroker(node.runtime, place).then(
      (broker) => {
        this.#broker = broker
      },
      (error) => this.#violate('ended itself', `the broker did not start: ${error?.stack ?? error}`),
    )
  }

  #note(event: HistoryEvent): void {
    this.events.push(event)
    this.world.trace(JSON.stringify(event))
  }

  #violate(code: Violation['code'], detail: string): void {
    this.#violations.push({ code, partition: '', detail })
  }
}
