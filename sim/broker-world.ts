import type { KafkaError } from '../src/client/kafka-error.ts'
import { SimWorld } from '../src/runtime/sim/sim-world.ts'
import { BrokerHost } from './broker-host.ts'
import type { BrokerUnderTest, WorkloadClient } from './tested-broker.ts'
import { checkHistory } from './check-history.ts'
import { ClientWork } from './client-work.ts'
import type { HistoryEvent, Violation } from './history.ts'
import { markRareThings } from './rare-things.ts'
import { runSteps } from './planned-steps.ts'
import { doOffsetsExpire, keptMs, type PlannedAction, type Workload, workloadOf } from './workload.ts'

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
  readonly #clients: ClientWork
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
      busy: () => !this.#clients.idle,
      watchedGroup: this.#workload.members.members.length > 0 ? this.#workload.members.group : null,
    })
    const { runtime } = this.world.node('client')
    this.#client = parts.openClient(runtime, place)
    this.#clients = new ClientWork({
      world: this.world,
      clock: runtime.clock,
      client: this.#client,
      workload: this.#workload,
      note,
      era: () => this.#host.powerCuts,
      refused: (error) => this.#refused(error),
    })
  }

  async run(): Promise<Violation[]> {
    try {
      this.#host.start()
      await this.world.complete(this.#clients.createTopics(), healedWithinMs)
      this.#clients.startMembers()
      await runSteps(this.world, this.#workload.steps, { act: (action) => this.#act(action), restMs: 1000 })
      await this.#end()
    } catch (error) {
      this.#violate('uncaught error', error instanceof Error ? `${error.stack}` : `${error}`)
    }
    return this.#violations
  }

  async #end(): Promise<void> {
    const { topics, producers } = this.#workload
    this.#host.calm()
    this.#clients.calmMembers()
    if (!(await this.world.runUntil(() => this.#host.healthy, healedWithinMs))) {
      return this.#violate('not live', `after all faults were healed, no broker was up for ${healedWithinMs} ms`)
    }
    this.#clients.produceEverywhere()
    if (!(await this.world.runUntil(() => this.#clients.idle, healedWithinMs))) {
      return this.#violate('not live', `after all faults were healed, ${healedWithinMs} ms were not enough`)
    }
    if (!(await this.world.runUntil(() => this.#clients.membersShareAll(), healedWithinMs))) {
      return this.#violate('not live', `the members of a group did not share its partitions in ${healedWithinMs} ms`)
    }
    await this.world.complete(this.#clients.commitEverywhere(), healedWithinMs)
    const finalLogs = await this.world.complete(this.#clients.readAll(), healedWithinMs)
    const flushedPartitions = new Set(
      [...finalLogs.keys()].filter((key) => topics.some((topic) => topic.flushed && key.startsWith(`${topic.name}/`))),
    )
    const idempotentProducers = new Set(producers.flatMap((plan) => (plan.idempotent ? [plan.name] : [])))
    const finalTopics = new Set(
      await this.world.complete(
        this.#clients.insist(() => this.#client.topics()),
        healedWithinMs,
      ),
    )
    const seen = { finalLogs, finalTopics, receipts: this.#parts.receiptsOn?.(this.#host.node.disk) ?? null }
    const cleaned = new Map(
      topics.flatMap(({ name, cleaning }) => (cleaning === undefined ? [] : [[`${name}/0`, cleaning] as const])),
    )
    const groups = { isOneCoordinator: true, offsetsExpire: doOffsetsExpire(this.#workload) }
    const history = { events: this.events, flushedPartitions, idempotentProducers, cleaned, ...groups, ...seen }
    if (this.#host.promisesAreOff) return this.world.mark('failed fsync that could not be noted')
    this.#violations.push(...checkHistory(history))
    this.#violations.push(...(await this.world.complete(this.#clients.checkTimes(finalLogs), healedWithinMs)))
    markRareThings(history, this.world)
  }

  #act(action: PlannedAction): void {
    const { world } = this
    const host = this.#host
    switch (action.do) {
      case 'produce':
      case 'read':
      case 'commit':
      case 'delete-records':
      case 'make-topic':
      case 'delete-topic':
      case 'commit-spare':
      case 'members':
      case 'look':
        return this.#clients.act(action)
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
      case 'age':
        world.mark('logs aged')
        this.#note({ type: 'aged' })
        return host.node.jumpClock(1.5 * keptMs)
      case 'disk-fault':
        return host.fault(action)
      default:
        return host.end(action)
    }
  }

  #refused({ codeName: name, message }: KafkaError): void {
    if (this.#host.diskHasFailed || neverWrong.has(name)) return
    if (name === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && this.#host.powerCuts > 0) return
    this.#violate('wrong refusal', `${message}, on a disk that has never failed`)
  }

  #note(event: HistoryEvent): void {
    this.events.push(event)
    this.world.trace(JSON.stringify(event))
  }

  #violate(code: Violation['code'], detail: string): void {
    this.#violations.push({ code, partition: '', detail })
  }
}
