import type { KafkaError } from '../../src/client/kafka-error.ts'
import { metadata } from '../../src/kafka/schema/metadata.ts'
import { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import { type BrokerRules, brokerRules } from '../../src/server/broker-rules.ts'
import type { RunOutcome } from '../broker-world.ts'
import type { Cleaning } from '../check-cleaned.ts'
import { checkHistory } from '../check-history.ts'
import { ClientWork } from '../client-work.ts'
import type { HistoryEvent, Violation } from '../history.ts'
import { KafkaWorkloadClient } from '../kafka-client.ts'
import { MachineFaults, machineName } from '../machine-faults.ts'
import { runSteps } from '../planned-steps.ts'
import { markTombstones } from '../rare-things.ts'
import type { PlannedTopic } from '../workload.ts'
import { askForElection, type PlannedOutage, uncleanTopic } from './asked-elections.ts'
import { ClusterChecks } from './cluster-checks.ts'
import { ClusterLink } from './cluster-link.ts'
import { ClusterMachine, kafkaPort } from './cluster-machine.ts'
import { Operator } from './operator.ts'
import { type ClusterAction, type ClusterPlan, clusterPlanOf, type PlannedDeath } from './cluster-plan.ts'
import { commitLogOf } from '../../src/metadata/topic-name.ts'
import type { Receipt } from '../../src/receipt/receipt.ts'
import { isWithin, LeadersWord, unreceipted } from './leaders-word.ts'
import { groupsOf, isOfQueues } from './planned-queues.ts'
import { askForChange, movedTopic } from './planned-changes.ts'
import { ReceiptChecks } from './receipt-checks.ts'
import { logsWithoutUnclean, mayLose, withoutUnclean } from './unclean-history.ts'

/** Virtual time within which a healed cluster must have answered everything, and all copies be in sync. */
const healedWithinMs = 120_000

const onlyBroker = { 'process.roles': 'broker' }

const internalTopics = ['__cluster_metadata', '__consumer_offsets']

/** Refusals that faults of other machines explain. */
const neverWrong = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'REQUEST_TIMED_OUT',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
  // A new leader that does not know yet what is committed.
  'OFFSET_NOT_AVAILABLE',
  // Records were deleted.
  'OFFSET_OUT_OF_RANGE',
  // A broker that has not heard yet of a topic, or of enough others.
  'UNKNOWN_TOPIC_OR_PARTITION',
  'INVALID_REPLICATION_FACTOR',
  // A majority of the metadata log's voters cannot be reached.
  'NOT_CONTROLLER',
  // The leader's copy is damaged there, and nobody has taken its place yet.
  'KAFKA_STORAGE_ERROR',
])

/** One seed: several brokers on machines of their own, their clients, faults and all, and what the checkers say of it. */
export async function runClusterSeed(
  seed: number,
  options: { onTrace?: (line: string) => void; rules?: BrokerRules } = {},
): Promise<RunOutcome> {
  const run = new ClusterRun(seed, options.rules ?? brokerRules, options.onTrace)
  const violations = await run.run()
  const { traceHash, marks, nowMs: virtualMs, events } = run.world
  return { seed, violations, traceHash, marks, acknowledged: run.acknowledged, virtualMs, events }
}

class ClusterRun {
  readonly world: SimWorld
  readonly #plan: ClusterPlan
  readonly #machines: readonly ClusterMachine[]
  readonly #faults: MachineFaults
  readonly #checks: ClusterChecks
  readonly #link: ClusterLink
  readonly #clients: ClientWork
  readonly #operator: Operator
  readonly #events: HistoryEvent[] = []
  readonly #violations: Violation[] = []
  readonly #receipts: ReceiptChecks
  readonly #leadersWord = new LeadersWord(({ acks }) => acks === 1)
  /** What all in sync had, where unclean elections may lose it. */
  readonly #uncleanWord = new LeadersWord(({ acks, partition }) => acks === -1 && mayLose(partition))
  readonly #partitionOf = new Map<number, string>()
  #isCalm = false

  constructor(seed: number, rules: BrokerRules, onTrace: ((line: string) => void) | undefined) {
    this.world = new SimWorld(seed, onTrace === undefined ? {} : { onTrace })
    this.#plan = clusterPlanOf(seed)
    this.#faults = new MachineFaults(this.world)
    const violate = (code: Violation['code'], detail: string): void => this.#violate(code, detail)
    const machineIds = Array.from({ length: this.#plan.brokers }, (_, at) => at + 1)
    const { settings } = this.#plan
    const mayLose = (machine: ClusterMachine): boolean => this.#mayLose(machine)
    const watchedGroup = this.#plan.members.members.length > 0 ? this.#plan.members.group : null
    const surroundings = { world: this.world, settings, rules, watchedGroup, violate, mayLose }
    this.#machines = machineIds.map((id) => new ClusterMachine(id, surroundings))
    const commitLogs = this.#plan.topics.flatMap((topic) => groupsOf(topic).map(commitLogOf))
    const names = new Set([...internalTopics, ...commitLogs, ...this.#plan.topics.map(({ name }) => name)])
    const watched = (topic: string): boolean => names.has(topic)
    const checked = { machines: this.#machines, violations: this.#violations }
    const isCompacted = (topic: string): boolean => this.#isCompacted(`${topic}/`)
    this.#checks = new ClusterChecks({ ...checked, watched, isCompacted, mayLose: (topic) => topic === uncleanTopic })
    // Nothing is written of the metadata log, and what compaction has taken is not to be told from what was cut.
    const isReceipted = (topic: string): boolean =>
      watched(topic) && topic !== '__cluster_metadata' && !isCompacted(topic)
    this.#receipts = new ReceiptChecks({ ...checked, watched: isReceipted, mark: (name) => this.world.mark(name) })
    const { runtime } = this.world.node('client')
    const addresses = new Map(machineIds.map((id) => [id, { host: machineName(id), port: kafkaPort }]))
    const sentNear = (): void => this.world.mark('reads on at a replica that is near')
    const open = (): ClusterLink => new ClusterLink(runtime, addresses, { rack: this.#plan.rack, sentNear })
    this.#link = open()
    this.#operator = new Operator(this.world, this.#link, this.#plan.topics)
    this.#clients = new ClientWork({
      world: this.world,
      clock: runtime.clock,
      client: new KafkaWorkloadClient(runtime, open),
      workload: this.#plan,
      note: (event) => this.#note(event),
      // What is acknowledged here outlives every fault that the plan has.
      era: () => 0,
      refused: (error) => this.#refused(error),
    })
  }

  get acknowledged(): number {
    return this.#events.filter(({ type }) => type === 'acknowledged').length
  }

  async run(): Promise<Violation[]> {
    try {
      const formatted = await this.world.complete(Promise.all(this.#machines.map((machine) => machine.format())))
      const voters = formatted.slice(0, this.#plan.voters).join(',')
      for (const machine of this.#machines) {
        machine.start({ 'controller.quorum.voters': voters, ...(machine.id > this.#plan.voters ? onlyBroker : {}) })
      }
      this.world.afterEvent(() => {
        this.#checks.look()
        this.#receipts.look()
      })
      if (!(await this.world.runUntil(() => this.#areUp(), healedWithinMs))) {
        return [...this.#violations, { code: 'not live', partition: '', detail: 'the cluster did not start' }]
      }
      await this.world.complete(this.#clients.createTopics(), healedWithinMs)
      this.#clients.startMembers()
      await runSteps(this.world, this.#plan.steps, { act: (action) => this.#act(action), restMs: 1000 })
      await this.#end()
    } catch (error) {
      this.#violate('uncaught error', error instanceof Error ? `${error.stack}` : `${error}`)
    }
    return this.#violations
  }

  /** All is healed: the cluster must answer everything, and all copies be in sync, and the same. */
  async #end(): Promise<void> {
    this.#isCalm = true
    this.#clients.calmMembers()
    this.world.network.heal()
    if (!(await this.#becomes(() => this.#areUp(), 'not all brokers were up'))) return
    if (!(await this.#settles(this.#untilLed(), 'not all primaries could be promoted'))) return
    this.#clients.produceEverywhere()
    if (!(await this.#becomes(() => this.#clients.idle, 'not all batches were answered'))) return
    if (!(await this.#becomes(() => this.#clients.membersShareAll(), 'a group did not share its partitions'))) return
    if (!(await this.#settles(this.#clients.commitEverywhere(), 'not all groups took a commit'))) return
    if (!(await this.#settles(this.#untilInSync(), 'not all partitions had all their replicas in sync'))) return
    const areWhole = (): boolean => this.#machines.every(({ isRotten, isWhole }) => !isRotten && isWhole)
    if (!(await this.#becomes(areWhole, 'a damage was not found, or not repaired'))) return
    if (!(await this.#becomes(() => this.#checks.areEqual(), 'copies stayed unequal'))) return
    if (!(await this.#becomes(() => this.#checks.imagesAreEqual(), 'images of the cluster stayed unequal'))) return
    await this.world.complete(this.#checks.compareBytes(), healedWithinMs)
    await this.world.complete(this.#checks.checkQueues(), healedWithinMs)
    const read = await this.#settles(this.#clients.readAll(), 'not everything could be read back')
    const names = await this.#settles(
      this.#clients.insist(() => this.#topicNames()),
      'topics were not told',
    )
    if (read === null || names === null) return
    const [finalLogs, finalTopics] = [read.value, new Set(names.value)]
    const idempotentProducers = new Set(this.#plan.producers.flatMap((plan) => (plan.idempotent ? [plan.name] : [])))
    const flushedPartitions = new Set(finalLogs.keys())
    const cleaned = new Map<string, Cleaning>(
      [...finalLogs.keys()].filter((partition) => this.#isCompacted(partition)).map((each) => [each, 'compact']),
    )
    const known = { flushedPartitions, idempotentProducers, cleaned, receipts: null }
    const promised = { events: withoutUnclean(this.#events), finalLogs: logsWithoutUnclean(finalLogs) }
    this.#violations.push(...checkHistory({ ...promised, finalTopics, ...known }))
    markTombstones({ ...promised, finalTopics, ...known }, this.world)
    const lost = [...this.#leadersWord.lost(finalLogs)].filter(({ partition }) => this.#isToBeReceipted(partition))
    if (lost.length > 0) this.world.mark('answered by a leader alone, and lost')
    this.#violations.push(
      ...unreceipted(lost, this.#receipts.all(), (receipt, record) => this.#hasTaken(receipt, record)),
    )
    // Whoever led without being in sync has written down from where on, before it did.
    const ofElections = this.#receipts.all().filter(({ kind }) => kind === 'bounds')
    const lostUncleanly = [...this.#uncleanWord.lost(finalLogs)]
    if (lostUncleanly.length > 0) this.world.mark('acknowledged by all in sync, and lost by an unclean election')
    this.#violations.push(...unreceipted(lostUncleanly, ofElections))
  }

  /** Whether a receipt tells of a record. Those of a commit log do so by group offsets, or by the bytes that they keep. */
  #hasTaken(receipt: Receipt, { partition: name, offset }: { partition: string; offset: number }): boolean {
    const [topic = '', index] = name.split('/')
    const partition = Number(index)
    const planned = this.#plan.topics.find((each) => each.name === topic)
    if (planned === undefined || !isOfQueues(planned)) return isWithin(receipt, { partition: name, offset })
    const groups = groupsOf(planned)
    if (receipt.topic !== commitLogOf(groups[partition % groups.length] ?? '')) return false
    const topicId = this.#machines.find(({ image }) => image !== null)?.image?.topics.get(topic)?.id ?? ''
    return receipt.kind === 'bounds' || this.#receipts.hasCut(receipt, { topicId, partition, offset })
  }

  /** What comes of the work, in the time that a healed cluster may take; null: nothing, which is a violation. */
  async #settles<T>(work: Promise<T>, otherwise: string): Promise<{ readonly value: T } | null> {
    let settled: { readonly value: T } | null = null
    work.then(
      (value) => {
        settled = { value }
      },
      (error: unknown) => this.#violate('uncaught error', String(error)),
    )
    return (await this.#becomes(() => settled !== null, otherwise)) ? settled : null
  }

  async #becomes(holds: () => boolean, otherwise: string): Promise<boolean> {
    if (await this.world.runUntil(holds, healedWithinMs)) return true
    this.#violate('not live', `healed for ${healedWithinMs} ms, ${otherwise}: ${this.#states()}`)
    return false
  }

  /** Until every partition has a leader, and every replica is in its in-sync set. */
  #untilInSync(): Promise<void> {
    return this.#clients.insist(async () => {
      const { topics } = await this.#link.call(metadata, { topics: null, allowAutoTopicCreation: false })
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, leaderId, replicaNodes, isrNodes } of partitions) {
          const isWhole = leaderId >= 0 && isrNodes.length === replicaNodes.length
          if (!isWhole) throw new Error(`${name}/${partitionIndex}: leader ${leaderId}, in sync ${isrNodes}`)
        }
      }
    })
  }

  /** A primary without its disk waits for an operator. */
  #untilLed(): Promise<void> {
    return this.#clients.insist(async () => {
      await this.#operator.restore()
      const { topics } = await this.#link.call(metadata, { topics: null, allowAutoTopicCreation: false })
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, leaderId, replicaNodes } of partitions) {
          const isLed = !this.#operator.looksAfter(name ?? '') || leaderId === replicaNodes[0]
          if (!isLed) throw new Error(`${name}/${partitionIndex} has no primary`)
        }
      }
    })
  }

  async #topicNames(): Promise<string[]> {
    const { topics } = await this.#link.call(metadata, { topics: null, allowAutoTopicCreation: false })
    return topics.map(({ name }) => name ?? '')
  }

  #areUp(): boolean {
    return this.#machines.every(({ isUp }) => isUp)
  }

  #act(action: ClusterAction): void {
    switch (action.do) {
      case 'crash':
      case 'power-cut':
      case 'stop':
      case 'lose-disk':
      case 'delete-folder':
      case 'tear':
      case 'tear-snapshot':
        return this.#kill(action)
      case 'rot': {
        const machine = this.#machine(action.node)
        return this.#mayLose(machine) ? machine.rot() : undefined
      }
      case 'outage':
        return this.#outage(action)
      case 'elect':
        return void askForElection(this.world, this.#link, action.type)
      case 'change-replica':
      case 'reassign':
        return void askForChange(this.world, this.#link, action)
      case 'reset-client':
        this.world.mark('connection of a client reset')
        return this.world.network.resetBetween('client', machineName(this.#numberOf(action.node)))
      case 'clock-jump':
        this.world.mark('clock jump')
        return this.world.node(machineName(this.#numberOf(action.node))).jumpClock(action.byMs)
      case 'promote': {
        const topic = this.#plan.topics[action.topic]?.name ?? ''
        return void this.#operator.promote(topic, action.partition, action.node)
      }
      case 'cut-off':
      case 'reset':
      case 'slow-disk':
      case 'pause':
      case 'disk-full':
      case 'slow-link':
        if (!this.#isCalm) this.#faults.act(action, () => this.#leader().id)
        return
      default:
        return this.#clients.act(action)
    }
  }

  #kill(death: PlannedDeath): void {
    const machine = this.#machine(death.node)
    const loses = death.do !== 'crash' && death.do !== 'stop'
    if (loses && !this.#mayLose(machine)) return
    if (death.do === 'power-cut') this.#receipts.losesPower(machine)
    if (death.do === 'lose-disk') this.#receipts.losesDisk(machine)
    machine.end(death)
  }

  /** At most one copy of anything is in doubt at a time: that is how many a topic of two in sync may lose. */
  #mayLose(machine: ClusterMachine): boolean {
    return !this.#machines.some((other) => other !== machine && other.isSuspect)
  }

  #outage({ followersMs, aloneMs, longerMs }: PlannedOutage): void {
    const leads = ({ replicas }: ClusterMachine, isLeader: boolean): boolean =>
      [...replicas].some(
        ({ topic, partition, leads: is }) => topic === uncleanTopic && partition === 0 && is === isLeader,
      )
    const leader = this.#machines.find((machine) => leads(machine, true))
    if (leader === undefined) return
    for (const machine of this.#machines) {
      if (leads(machine, false)) machine.end({ do: 'crash', node: machine.id, downMs: followersMs })
    }
    // What it acknowledges alone the others lack.
    const topic = this.#plan.topics.findIndex(({ name }) => name === uncleanTopic)
    const batch = { topic, partition: 0, records: 3, valueBytes: 20 }
    for (const producer of [0, 1, 1]) {
      this.world.schedule(0.6 * aloneMs, () => this.#clients.act({ do: 'produce', producer, ...batch }))
    }
    this.world.schedule(aloneMs, () => leader.end({ do: 'crash', node: leader.id, downMs: longerMs }))
  }

  #machine(node: number): ClusterMachine {
    return node === 0 ? this.#leader() : (this.#machines[node - 1] as ClusterMachine)
  }

  #numberOf(node: number): number {
    return this.#machine(node).id
  }

  /** One that leads something: the metadata log as often as anything else; any, if none does. */
  #leader(): ClusterMachine {
    const { random } = this.world
    const isMetadata = random.chance(0.5)
    const leads = ({ replicas }: ClusterMachine): boolean =>
      [...replicas].some((replica) => replica.leads && (replica.topic === '__cluster_metadata') === isMetadata)
    const leaders = this.#machines.filter(leads)
    return random.pick(leaders.length > 0 ? leaders : this.#machines)
  }

  #states(): string {
    return this.#machines
      .map(({ id, isUp, replicas }) => {
        const states = [...replicas].map(({ topic, partition, leads, epoch, log, highWatermark, isSuspect }) => {
          const role = `${leads ? 'leads' : 'is in'} ${epoch}${isSuspect ? ', suspect' : ''}`
          return `${topic}/${partition} ${role}, end ${log.logEndOffset}, watermark ${highWatermark}`
        })
        return `${id} ${isUp ? 'up' : 'down'}: ${states.join('; ')}`
      })
      .join(' | ')
  }

  #refused({ codeName, message }: KafkaError): void {
    // A producer goes on from what the next leader lacks.
    const isOfLoss = codeName === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && message.includes(`${uncleanTopic}/`)
    if (!neverWrong.has(codeName) && !isOfLoss) this.#violate('wrong refusal', message)
  }

  /**
   * Of what a power cut takes from the leader of a group that elects it itself nobody writes a receipt; of what goes with a disk
   * nobody may who was started since; and a replica that is removed takes along what it alone had.
   */
  #isToBeReceipted(partition: string): boolean {
    const topic = this.#topicOf(partition)
    if (topic?.cleaning === 'compact') return false
    const knows = (fault: string): boolean => this.#plan.steps.some(({ action }) => action.do === fault)
    if (knows('lose-disk') || topic?.name === movedTopic) return false
    return !knows('power-cut') || topic?.settings['replication.scheme'] !== 'majority'
  }

  #topicOf(partition: string): PlannedTopic | undefined {
    return this.#plan.topics.find(({ name }) => partition.startsWith(`${name}/`))
  }

  #isCompacted(partition: string): boolean {
    return this.#topicOf(partition)?.cleaning === 'compact'
  }

  #note(event: HistoryEvent): void {
    this.world.trace(JSON.stringify(event))
    this.#leadersWord.note(event)
    if (event.type === 'acknowledged') this.#markQueue(event.send)
    if (event.type === 'sent') this.#partitionOf.set(event.send, event.partition)
    this.#uncleanWord.note(event)
    if (event.type === 'deleting') this.#receipts.deleting(event.partition, event.before)
    // A leader's own word holds as long as it leads: whether the record is there in the end nobody has promised.
    const isPromised = event.type !== 'acknowledged' || !this.#leadersWord.isOnlyOf(event.send)
    this.#events.push(isPromised ? event : { type: 'unknown', send: event.send })
  }

  #markQueue(send: number): void {
    const [topic] = (this.#partitionOf.get(send) ?? '').split('/')
    const planned = this.#plan.topics.find(({ name }) => name === topic)
    if (planned !== undefined && isOfQueues(planned))
      this.world.mark(`acknowledged in a queue, by ${planned.settings['replication.scheme']}`)
  }

  #violate(code: Violation['code'], detail: string): void {
    this.world.trace(`violation: ${code}: ${detail}`)
    this.#violations.push({ code, partition: '', detail })
  }
}
