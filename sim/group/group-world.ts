import { buildBatch } from '../../src/record/batch-builder.ts'
import { batchesIn } from '../../src/record/record-reader.ts'
import { ownBatch } from '../../src/replica/own-batch.ts'
import type { Replica } from '../../src/replica/replica.ts'
import { reviewVoters, wantVoters } from '../../src/replica/voter-changes.ts'
import { isSameReplica, type ReplicaId } from '../../src/replication/replica-id.ts'
import { type ReplicationRules, replicationRules } from '../../src/replication/rules.ts'
import { majorityScheme, type Scheme } from '../../src/replication/schemes.ts'
import type { SimNode } from '../../src/runtime/sim/sim-node.ts'
import { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import type { RunOutcome } from '../broker-world.ts'
import { LogReadFault } from '../../src/log/log-faults.ts'
import type { LogSlice } from '../../src/log/log-slice.ts'
import type { LogQueue } from '../../src/log/queues/log-queue.ts'
import type { Violation, ViolationCode } from '../history.ts'
import { MachineFaults, machineName } from '../machine-faults.ts'
import { Restart } from '../restart.ts'
import { runSteps } from '../planned-steps.ts'
import { tracedLogger } from '../traced-logger.ts'
import { GroupChecks } from './group-checks.ts'
import { type GroupAction, type GroupPlan, groupPlanOf } from './group-plan.ts'
import { type GroupPart, queuesTopicId, type ServeQueue, serveQueue } from './group-parts.ts'
import { type GroupProcess, type GroupSetup, startGroupProcess } from './group-process.ts'
import { type GroupValue, valuesIn, valuesInQueue, valuesOf } from './group-values.ts'

/** What a run is made of; tests put wrong rules in. */
export interface GroupUnderTest {
  readonly rules: ReplicationRules
  readonly scheme: Scheme
  readonly serve: ServeQueue
}

export const soundGroup: GroupUnderTest = { rules: replicationRules, scheme: majorityScheme, serve: serveQueue }

/** Virtual time within which a healed group must take a write, and all its replicas be equal. */
const healedWithinMs = 60_000
const reviewEveryMs = 50

interface Node {
  id: ReplicaId
  readonly machine: SimNode
  process: GroupProcess | null
  life: number
  powerCut: boolean
  suspect: boolean
  /** Its disk was lost, and its new one is no voter yet. */
  lostDisk: boolean
  readonly restart: Restart
}

/** One seed: the replicas of one group that elects its leader itself, on machines of their own, faults and all. */
export async function runGroupSeed(
  seed: number,
  options: { onTrace?: (line: string) => void; parts?: GroupUnderTest } = {},
): Promise<RunOutcome> {
  const run = new GroupRun(seed, options.parts ?? soundGroup, options.onTrace)
  const violations = await run.run()
  const { world, acknowledged } = run
  const { traceHash, marks, nowMs: virtualMs, events } = world
  return { seed, violations, traceHash, marks, acknowledged: acknowledged.length, virtualMs, events }
}

class GroupRun {
  readonly world: SimWorld
  readonly acknowledged: GroupValue[] = []
  readonly #plan: GroupPlan
  readonly #setup: GroupSetup
  readonly #nodes: Node[]
  readonly #checks: GroupChecks
  readonly #faults: MachineFaults
  readonly #read = new Map<string, GroupValue>()
  readonly #violations: Violation[] = []
  #values = 0
  #isCalm = false

  constructor(seed: number, parts: GroupUnderTest, onTrace: ((line: string) => void) | undefined) {
    this.world = new SimWorld(seed, onTrace === undefined ? {} : { onTrace })
    this.#faults = new MachineFaults(this.world)
    this.#plan = groupPlanOf(seed)
    const members = Array.from({ length: this.#plan.nodes }, (_, at) => idOf(at + 1))
    this.#setup = { ...parts, ...this.#plan, members, voters: members.slice(0, this.#plan.voters) }
    this.#nodes = members.map((id) => this.#nodeOf(id))
    this.#checks = new GroupChecks((code, detail) => this.#violate(code, detail))
    this.world.afterEvent(() => {
      this.#checks.look(this.#watched())
      if (this.#nodes.some(({ lostDisk }) => lostDisk)) this.#lookAfterDisks()
    })
    this.#checks.onElected = (broker) => this.#huntDown(this.#node(broker))
  }

  async run(): Promise<Violation[]> {
    try {
      for (const node of this.#nodes) this.#start(node)
      this.#review()
      await runSteps(this.world, this.#plan.steps, { act: (action) => this.#act(action), restMs: 500 })
      await this.#end()
    } catch (error) {
      this.#violate('uncaught error', error instanceof Error ? `${error.stack}` : `${error}`)
    }
    return this.#violations
  }

  /** All is healed: the group must take writes, and all its replicas must be the same in the end. */
  async #end(): Promise<void> {
    this.#isCalm = true
    this.world.network.heal()
    const before = this.acknowledged.length
    const insist = (): void => {
      if (this.acknowledged.length > before) return
      this.#produce(1)
      this.world.schedule(100, insist)
    }
    insist()
    const areTakenIn = (): boolean => this.#nodes.every(({ lostDisk }) => !lostDisk)
    const isHealthy = (): boolean => this.acknowledged.length > before && areTakenIn() && this.#areEqual()
    if (!(await this.world.runUntil(isHealthy, healedWithinMs))) {
      const took = this.acknowledged.length > before ? 'its replicas stayed unequal' : 'it took no write'
      return this.#violate('not live', `healed for ${healedWithinMs} ms, ${took}: ${this.#states()}`)
    }
    const ends = this.#nodes.flatMap(({ process }) => (process === null ? [] : [process.replica.log]))
    // An end of a queue may still be told by what was begun before.
    const range = {
      from: Math.max(...ends.map(({ logStartOffset }) => logStartOffset)),
      upTo: Math.min(...ends.map(({ logEndOffset }) => logEndOffset)),
    }
    const logs = await this.world.complete(Promise.all(this.#nodes.map((node) => bytesOf(node, range))), healedWithinMs)
    const [first] = logs
    logs.forEach((bytes, at) => {
      if (first !== undefined && !bytes.equals(first)) this.#violate('logs differ', `nodes 1 and ${at + 1}`)
    })
    this.#checkVoters()
    if (first === undefined) return
    const values = await valuesIn(first, this.#plan.queues)
    this.#checkValues(values)
    if (this.#plan.queues > 0) await this.world.complete(this.#checkQueues(values), healedWithinMs)
  }

  /** Who votes is what the log says, and all logs say the same. */
  #checkVoters(): void {
    const sets = this.#nodes.map(({ process }) => {
      const voters = process?.replica.latestVoters?.voters ?? []
      return `${voters.map(({ broker, directory }) => `${broker} ${directory}`).sort()}`
    })
    sets.forEach((set, at) => {
      if (set !== sets[0]) this.#violate('voters differ', `node 1 has ${sets[0]}, node ${at + 1} has ${set}`)
    })
  }

  #checkValues(all: readonly GroupValue[]): void {
    const values = new Map(all.map((one) => [keyOf(one), one.value]))
    const given = new Map<string, string>()
    for (const one of this.acknowledged) {
      const other = given.get(keyOf(one)) ?? one.value
      if (other !== one.value)
        this.#violate('offset reused', `${other} and ${one.value} were acknowledged at ${keyOf(one)}`)
      given.set(keyOf(one), one.value)
      if (one.offset < this.#beginOf(one.part)) continue
      if (values.get(keyOf(one)) !== one.value)
        this.#violate('lost', `${one.value} was acknowledged at ${keyOf(one)}: ${values.get(keyOf(one))}`)
    }
    for (const [key, { part, offset, value }] of this.#read) {
      if (offset < this.#beginOf(part)) continue
      if (values.get(key) !== value) this.#violate('early read', `${value} was read at ${key}: ${values.get(key)}`)
    }
    const seen = all.map(({ value }) => Number.parseInt(value, 10))
    if (seen.some((value, at) => at > 0 && value <= (seen[at - 1] as number))) {
      this.#violate('reordered', `values stand as ${seen.join(' ')}`)
    }
  }

  /** Queue offsets have no gap, and every queue of every node gives all that the log has of it. */
  async #checkQueues(all: readonly GroupValue[]): Promise<void> {
    for (let part = 0; part < this.#plan.queues; part++) {
      const begin = this.#beginOf(part)
      const expected = all.filter((one) => one.part === part && one.offset >= begin)
      const gap = expected.find(({ offset }, at) => offset !== begin + at)
      if (gap !== undefined) this.#violate('hole', `queue ${part} has offset ${gap.offset} out of turn`)
      for (const [at, { process }] of this.#nodes.entries()) {
        const whole = process === null ? [] : await valuesInQueue(process.replica.log, part)
        const given = whole.filter(({ offset }) => offset >= begin)
        const end = process === null ? 0 : this.#queueOf(process, part)?.endOffset
        if (end !== begin + expected.length)
          this.#violate(
            'hole',
            `queue ${part} of node ${at + 1} ends at ${end}, from ${begin} it has ${expected.length}`,
          )
        const isAll = given.length === expected.length && given.every((one, i) => one.value === expected[i]?.value)
        if (!isAll) this.#violate('lost', `node ${at + 1} gives ${given.length} of ${expected.length} of queue ${part}`)
      }
    }
  }

  #queueOf({ replica }: GroupProcess, part: number): LogQueue | null {
    return replica.log.queues?.of({ topicId: queuesTopicId, partition: part }) ?? null
  }

  /** Where the queue begins in all nodes; 0 in a partition. */
  #beginOf(part: number): number {
    const queues = this.#nodes.flatMap(({ process }) => (process === null ? [] : [this.#queueOf(process, part)]))
    return Math.max(...queues.map((queue) => queue?.startOffset ?? 0))
  }

  async #valuesFrom(process: GroupProcess, part: number, from: number): Promise<GroupValue[]> {
    const served = process.parts[part] as GroupPart
    const values: GroupValue[] = []
    for (let next = from; next < served.highWatermark; ) {
      const reading = { maxBytes: 2000, minOneBatch: true, committedTransactionsOnly: false, leaderEpoch: -1 }
      const answer = served.read({ from: next, ...reading })
      if ('code' in answer || answer.slice === null) return values
      const slice = await unlessGone(answer.slice)
      if (slice === null) return values
      const bytes = Buffer.concat(slice.buffers)
      slice.release()
      if (bytes.length === 0) return values
      for (const batch of batchesIn(bytes)) if (!batch.isControl) values.push(...(await valuesOf(batch, part)))
      next = slice.nextOffset
    }
    return values
  }

  #areEqual(): boolean {
    const replicas = this.#nodes.map(({ process }) => process?.replica)
    const [first] = replicas
    return replicas.every(
      (replica) =>
        replica !== undefined &&
        replica.log.logEndOffset === first?.log.logEndOffset &&
        replica.highWatermark === first.highWatermark &&
        replica.highWatermark === replica.log.logEndOffset,
    )
  }

  #states(): string {
    return this.#nodes
      .map(({ id, process, suspect }) => {
        if (process === null) return `${id.broker} down`
        const { leads, epoch, log, highWatermark } = process.replica
        const role = `${leads ? 'leads' : 'is in'} epoch ${epoch}${suspect ? ', suspect' : ''}`
        const voters = `${process.replica.latestVoters?.voters.map(({ broker }) => broker)}`
        return `${id.broker} ${role}, voters ${voters}, stored to ${log.storedUpTo} of ${log.logEndOffset}, watermark ${highWatermark}`
      })
      .join('; ')
  }

  #act(action: GroupAction): void {
    switch (action.do) {
      case 'produce':
        return this.#produce(action.bytes)
      case 'read':
        return void this.#readFrom(this.#node(action.node))
      case 'hand-over':
        return void this.#handOver(action.to)
      case 'crash':
      case 'power-cut':
        return this.#kill(this.#node(action.node), action)
      case 'lose-disk':
        return this.#loseDisk(this.#node(action.node), action.downMs)
      case 'add':
      case 'remove':
        return void this.#change(action)
      default:
        // Once all is to be healed, nothing breaks any more.
        if (!this.#isCalm) this.#faults.act(action, () => this.#node(0).id.broker)
    }
  }

  /** Written to any replica that believes to lead: a deposed one must not acknowledge what is lost. */
  #produce(bytes: number): void {
    const leading = this.#nodes.filter(({ process }) => process?.replica.leads)
    const process = leading.length === 0 ? null : this.world.random.pick(leading).process
    if (process === null) return this.world.mark('nobody to write to')
    if (leading.length > 1) this.world.mark('two believe to lead')
    const value = `${++this.#values} ${'x'.repeat(bytes)}`
    const batch = buildBatch([{ timestamp: 1, value: Buffer.from(value) }])
    const part = this.#anyPart()
    const appended = (process.parts[part] as GroupPart).append(ownBatch(batch, 1))
    if ('code' in appended) return this.world.mark(`refused: ${appended.code}`)
    void process.replica.whenCommitted(appended.upTo).then((refusal) => {
      if (refusal !== null) return this.#refusedAfterAppend(value, refusal.code)
      this.world.trace(`acknowledged ${this.#values} at ${appended.baseOffset}`)
      this.acknowledged.push({ part, value, offset: appended.baseOffset })
    })
  }

  /** A leader that hands over stops to take writes before: what it has taken, the next one has, and it is acknowledged. */
  #refusedAfterAppend(value: string, code: string): void {
    this.world.mark(`refused after append: ${code}`)
    if (this.#plan.onlyHandsOver) this.#violate('cut by a hand-over', `${value} was taken, and then refused: ${code}`)
  }

  async #handOver(to: number): Promise<void> {
    const leading = this.#nodes.filter(({ process }) => process?.replica.leads)
    const leader = leading.length === 0 ? null : this.world.random.pick(leading).process
    this.world.mark(`hand-over: ${(await leader?.handOver(to)) ?? 'nobody leads'}`)
  }

  #anyPart(): number {
    return this.#plan.queues === 0 ? 0 : this.world.random.integer(this.#plan.queues)
  }

  async #readFrom({ process }: Node): Promise<void> {
    if (process === null || !process.replica.leads) return
    const part = this.#anyPart()
    const from = this.world.random.integer((process.parts[part] as GroupPart).highWatermark + 1)
    for (const one of await this.#valuesFrom(process, part, from)) this.#read.set(keyOf(one), one)
  }

  #kill(node: Node, { do: how, downMs }: { do: 'crash' | 'power-cut'; downMs: number }): void {
    if (how === 'crash' && node.process === null) return
    // Without an fsync a power cut takes what was acknowledged: the group promises to survive as many as it may lose.
    const unsynced = this.#setup.flushMessages > 1
    const suspects = this.#nodes.filter((each) => each.suspect && each !== node).length
    if (how === 'power-cut' && unsynced && (suspects + 1) * 2 >= this.#nodes.length) return
    this.world.mark(node.process?.replica.leads ? `${how} of the leader` : how)
    node.process = null
    node.life++
    if (how === 'crash') node.machine.crash()
    else {
      node.machine.powerCut()
      node.powerCut = true
      node.suspect = unsynced
    }
    node.restart.after(downMs)
  }

  /** As brokers do: whoever leads takes in who has caught up. */
  #review(): void {
    for (const { process } of this.#nodes) {
      if (process?.replica.leads) reviewVoters(process.replica, this.#nowOf(process))
      if (process !== null && this.#plan.retentionBytes !== null && !this.#isCalm) void this.#shorten(process)
    }
    this.world.schedule(reviewEveryMs, () => this.#review())
  }

  /** As brokers do, leaders and followers: what retention has no use for goes. */
  async #shorten({ replica }: GroupProcess): Promise<void> {
    if (await replica.expire()) this.world.mark('a commit log begins higher')
    if (replica.log.hasSegmentsBelowStart) await replica.log.removeBelowLogStart()
  }

  #nowOf({ clock }: GroupProcess): number {
    return clock.monotonicMs()
  }

  async #change({ do: what, node }: { do: 'add' | 'remove'; node: number }): Promise<void> {
    const [process] = this.#nodes.flatMap(({ process: each }) => (each?.replica.leads ? [each] : []))
    // Who has lost a disk is to be taken in again first: an operator does not take another voter away meanwhile.
    if (process === undefined || this.#isCalm || this.#nodes.some(({ lostDisk }) => lostDisk)) return
    const replica = this.#node(node).id
    const outcome = await wantVoters(process.replica, { do: what, replica }, this.#nowOf(process))
    this.world.mark(`${what}: ${outcome.code}`)
  }

  /** Only where all voters have everything, so that those that are left can go on. */
  #loseDisk(node: Node, downMs: number): void {
    const leader = this.#nodes.find(({ process }) => process?.replica.leads)?.process?.replica
    const latest = leader?.latestVoters ?? null
    if (leader === undefined || latest === null || this.#isCalm || latest.offset >= leader.highWatermark) return
    const voters = this.#nodes.filter(({ id }) => latest.voters.some((voter) => isSameReplica(voter, id)))
    const areWhole = voters.every(({ process }) => process?.replica.log.storedUpTo === leader.log.logEndOffset)
    const isOpen = latest.learner !== null || this.#nodes.some(({ lostDisk, powerCut }) => lostDisk || powerCut)
    if (!voters.includes(node) || voters.length < 3 || !areWhole || isOpen) return
    this.world.mark('a voter lost its disk')
    node.process = null
    node.life++
    node.lostDisk = true
    node.machine.crash()
    node.machine.disk.lose()
    node.id = { ...node.id, directory: newDirectoryOf(node.id, node.life) }
    node.restart.after(downMs)
  }

  /** Whether the new disk of a voter that has lost its old one is taken in, as far as whoever leads has committed. */
  #lookAfterDisks(): void {
    for (const { process } of this.#nodes) {
      const latest = process?.replica.leads ? process.replica.latestVoters : null
      if (process === null || latest === null || latest.offset >= process.replica.highWatermark) continue
      for (const node of this.#nodes) {
        if (node.lostDisk && latest.voters.some((voter) => isSameReplica(voter, node.id))) {
          this.world.mark('a new disk was taken in')
          node.lostDisk = false
        }
      }
    }
  }

  #huntDown(node: Node): void {
    const { hunt } = this.#plan
    const { random } = this.world
    if (hunt === null || this.#isCalm || !random.chance(hunt.chance)) return
    const { life } = node
    this.world.schedule(random.between(0, hunt.withinMs), () => {
      if (node.life !== life || this.#isCalm) return
      this.world.mark('a leader died young')
      this.#kill(node, { do: 'crash', downMs: random.between(0, hunt.downMsMax) })
    })
  }

  #start(node: Node): void {
    const { life } = node
    const { id: self, powerCut, suspect } = node
    if (suspect) this.world.mark('a suspect replica')
    const trusted = (): void => {
      this.world.mark('a suspect replica is trusted again')
      node.suspect = false
    }
    const start = { self, powerCut, suspect, trusted }
    startGroupProcess(node.machine.runtime, this.#setup, start).then(
      (process) => {
        if (life !== node.life) return
        node.process = process
        node.powerCut = false
      },
      (error) => {
        if (life === node.life) this.#violate('did not start', `node ${self.broker}: ${error?.stack ?? error}`)
      },
    )
  }

  #watched() {
    return this.#nodes.map(({ id, life, process }) => ({ broker: id.broker, life, replica: process?.replica ?? null }))
  }

  #nodeOf(id: ReplicaId): Node {
    const machine = this.world.node(machineName(id.broker))
    machine.logger = tracedLogger(this.world, `${machineName(id.broker)} `, () => {})
    machine.onExit = (code) => this.#violate('ended itself', `node ${id.broker} exited with code ${code}`)
    machine.restart()
    const restart = new Restart(this.world, () => {
      machine.restart()
      this.#start(node)
    })
    const node = { id, machine, restart, process: null, life: 0, powerCut: false, suspect: false, lostDisk: false }
    return node
  }

  /** The node of that number; 0: one that believes to lead, or any if none does. */
  #node(broker: number): Node {
    if (broker > 0) return this.#nodes[broker - 1] as Node
    const leading = this.#nodes.filter(({ process }) => process?.replica.leads)
    return this.world.random.pick(leading.length > 0 ? leading : this.#nodes)
  }

  #violate(code: ViolationCode, detail: string): void {
    this.world.trace(`violation: ${code}: ${detail}`)
    this.#violations.push({ code, partition: 'g/0', detail })
  }
}

const newDirectoryOf = ({ directory }: ReplicaId, life: number): string =>
  `${directory.slice(0, 16)}${String(life).padStart(4, '0')}${directory.slice(20)}`
/** Null: its segment was removed meanwhile. */
async function unlessGone(slice: LogSlice | Promise<LogSlice>): Promise<LogSlice | null> {
  try {
    return await slice
  } catch (error) {
    if (error instanceof LogReadFault && error.code === 'offset-out-of-range') return null
    throw error
  }
}

const keyOf = ({ part, offset }: GroupValue): string => `${part}:${offset}`

const idOf = (broker: number): ReplicaId => ({ broker, directory: `AAAAAAAAAAAAAAAAAAAA${'ABCDEFGH'[broker]}A` })

/** The whole log of a node, as its disk and memory have it. */
async function bytesOf({ process }: Node, range: { from: number; upTo: number }): Promise<Buffer> {
  const replica = process?.replica as Replica
  const parts: Buffer[] = []
  const { log } = replica
  const { upTo } = range
  for (let { from } = range; from < upTo; ) {
    const slice = await log.read({ from, upTo, maxBytes: 65_536, minOneBatch: true })
    parts.push(Buffer.concat(slice.buffers))
    from = slice.nextOffset
    slice.release()
  }
  return Buffer.concat(parts)
}
