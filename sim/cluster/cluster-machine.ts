import { type BrokerConfig, parseBrokerConfig } from '../../src/config/broker-config.ts'
import { formatLogDirectory } from '../../src/log/format-log-directory.ts'
import { CoordinatorUnavailable } from '../../src/metadata/coordinator/coordinator.ts'
import type { ClusterImage } from '../../src/metadata/image.ts'
import type { Replica } from '../../src/replica/replica.ts'
import { DiskFault } from '../../src/runtime/disk.ts'
import type { SimNode } from '../../src/runtime/sim/sim-node.ts'
import type { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import type { BrokerRules } from '../../src/server/broker-rules.ts'
import { type RunningBroker, startBroker } from '../../src/server/start-broker.ts'
import { DiskFailed } from '../../src/server/disk-failed.ts'
import { startController } from '../../src/server/start-controller.ts'
import type { ViolationCode } from '../history.ts'
import { DiskDamage } from '../disk-damage.ts'
import { machineName } from '../machine-faults.ts'
import { Restart } from '../restart.ts'
import { tracedLogger } from '../traced-logger.ts'
import { type PlannedDeath, rackOf } from './cluster-plan.ts'
import { tearSnapshot } from './tear-snapshot.ts'

export const kafkaPort = 9092
const peerPort = 9190
const dataDirectory = '/data'
const clusterId = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** How long whoever runs a broker waits when its disk was full. */
const diskAgainMs = 300

/** A handler threw what nobody has foreseen. */
const failedRequest = 'a request failed; its connection is closed'

/** A broker, or a process that only takes part in the metadata log. */
type RunningProcess = Pick<RunningBroker, 'failed' | 'stop'> &
  Partial<Pick<RunningBroker, 'replicas' | 'image' | 'groupState'>>

export interface MachineSurroundings {
  readonly world: SimWorld
  /** Of every broker, by Kafka's names. */
  readonly settings: Readonly<Record<string, string>>
  readonly rules: BrokerRules
  /** A group whose state is looked at when its coordinator ends; null: there are no members. */
  readonly watchedGroup?: string | null
  violate(code: ViolationCode, detail: string): void
  /** Whether a copy of this machine may be lost now. */
  mayLose(machine: ClusterMachine): boolean
}

/** A machine with a broker of a cluster on it, and who runs it: ends it in all ways that a run plans, and starts it again. */
export class ClusterMachine {
  readonly id: number
  readonly node: SimNode
  readonly #in: MachineSurroundings
  readonly #restart: Restart
  #role: Readonly<Record<string, string>> = {}
  #broker: RunningProcess | null = null
  #life = 0
  readonly #damage: DiskDamage
  /** It has lost power, or something of its disk was damaged. */
  #inDoubt = false
  #lostDisk = false
  #isStopping = false
  #isToTear = false

  constructor(id: number, surroundings: MachineSurroundings) {
    this.id = id
    this.#in = surroundings
    const { world, violate } = surroundings
    this.node = world.node(machineName(id))
    this.#damage = new DiskDamage(this.node.disk, world.random.fork(`damage ${id}`))
    this.node.logger = tracedLogger(world, `${machineName(id)} `, (line) => {
      if (line.includes(failedRequest)) violate('failed request', line)
    })
    this.node.onExit = (code) => violate('ended itself', `broker ${id} exited with code ${code}`)
    // A new logger is taken by the next incarnation.
    this.node.restart()
    this.#restart = new Restart(world, () => void this.#startAgain())
  }

  /** Counts its processes. */
  get life(): number {
    return this.#life
  }

  get isUp(): boolean {
    return this.#broker !== null && !this.#isStopping
  }

  get replicas(): Iterable<Replica> {
    return this.#broker?.replicas?.() ?? []
  }

  /** Null: it is down, or no broker. */
  get image(): ClusterImage | null {
    return this.#broker?.image ?? null
  }

  /** It may have lost what it had acknowledged, and has not caught up since. Whether a new disk has, is not looked into. */
  get isSuspect(): boolean {
    if (this.#inDoubt && this.isUp && !this.isRotten && this.isWhole) this.#inDoubt = false
    return this.#inDoubt || this.#lostDisk
  }

  /** It has lost power, or something of its disk was damaged, and it was not seen whole since. */
  get isInDoubt(): boolean {
    return this.#inDoubt
  }

  /** Its broker knows of nothing that it would lack. */
  get isWhole(): boolean {
    return ![...this.replicas].some(({ isSuspect, isDamaged }) => isSuspect || isDamaged)
  }

  /** A damage on its disk is not found yet, or not repaired. */
  get isRotten(): boolean {
    return this.#damage.isRotten([...this.replicas])
  }

  /** A bit of a segment flips, whether the broker runs or not. */
  rot(): void {
    if (!this.#damage.rot()) return
    this.#inDoubt = true
    this.#in.world.mark(this.isUp ? 'bit flip under a broker' : 'bit flip while it is down')
  }

  /** Makes the folder; its voter, as brokers are told of it. */
  async format(): Promise<string> {
    const directory = await formatLogDirectory(this.node.runtime, dataDirectory, { nodeId: this.id, clusterId })
    return `${this.id}@${machineName(this.id)}:${peerPort}:${directory}`
  }

  /** `role`: what its broker is in the quorum, by Kafka's names. */
  start(role: Readonly<Record<string, string>>): void {
    this.#role = role
    const life = ++this.#life
    const { world, violate, settings } = this.#in
    const host = machineName(this.id)
    const config = parseBrokerConfig({
      'node.id': `${this.id}`,
      'cluster.id': clusterId,
      'log.dirs': dataDirectory,
      listeners: `PLAINTEXT://${host}:${kafkaPort}`,
      'insecure.listen': 'true',
      'peer.listener': `${host}:${peerPort}`,
      'http.port': '-1',
      'broker.rack': rackOf(this.id),
      'replica.selector.class': 'rack-aware',
      'group.min.session.timeout.ms': '100',
      'group.initial.rebalance.delay.ms': '0',
      ...settings,
      ...role,
    })
    this.#startProcess(config).then(
      (broker) => {
        if (life !== this.#life) return
        this.#broker = broker
        void broker.failed.then((error) => {
          if (life !== this.#life) return
          if (error instanceof DiskFailed) return void this.#stop({ do: 'stop', downMs: diskAgainMs })
          violate('ended itself', `broker ${this.id} cannot go on: ${error.stack}`)
        })
      },
      (error) => {
        if (life !== this.#life) return
        // Without room it cannot, or its metadata log has failed meanwhile.
        const isFull = error instanceof DiskFault && error.code === 'ENOSPC'
        if (!isFull && !(error instanceof CoordinatorUnavailable)) {
          return violate('did not start', `broker ${this.id}: ${error?.stack ?? error}`)
        }
        world.mark('no start on a full disk')
        this.node.crash()
        this.#restart.after(diskAgainMs)
      },
    )
  }

  #startProcess(config: BrokerConfig): Promise<RunningProcess> {
    const { runtime } = this.node
    const isController = !config.processRoles.includes('broker')
    const { rules } = this.#in
    return isController ? startController(runtime, config, { rules }) : startBroker(runtime, config, { rules })
  }

  async #startAgain(): Promise<void> {
    const { disk } = this.node.restart()
    const { world } = this.#in
    const life = this.#life
    if (this.#isToTear && (await tearSnapshot(disk, dataDirectory, world.random))) world.mark('snapshot torn')
    this.#isToTear = false
    // It may have gone down again meanwhile.
    if (life === this.#life) this.start(this.#role)
  }

  end({ do: how, downMs }: PlannedDeath): void {
    if (how === 'stop' || how === 'tear') return void this.#stop({ do: how, downMs })
    if (how === 'crash' && !this.node.running) return
    const { world } = this.#in
    world.mark([...this.replicas].some(({ leads }) => leads) ? `${how} of a leader` : how)
    if (this.#isStopping) world.mark(`${how} during a clean stop`)
    this.#markGroup()
    this.#over()
    if (how === 'tear-snapshot') this.#isToTear = true
    if (how === 'power-cut') {
      this.#inDoubt = true
      this.node.powerCut()
    } else this.node.crash()
    if (how === 'delete-folder') this.#inDoubt = this.#damage.deleteFolder() || this.#inDoubt
    if (how === 'lose-disk') {
      this.#lostDisk = true
      this.node.disk.lose()
    }
    this.#restart.after(downMs)
  }

  async #stop({ do: how, downMs }: Pick<PlannedDeath, 'do' | 'downMs'>): Promise<void> {
    const [broker, life] = [this.#broker, this.#life]
    if (broker === null || this.#isStopping) return
    this.#markGroup()
    this.#isStopping = true
    try {
      // Never goes on when a fault comes first: the broker's promises die with it.
      await broker.stop()
    } catch (error) {
      // On a full disk it is not a clean stop, and ends all the same.
      if (life === this.#life && !(error instanceof DiskFault))
        this.#in.violate('ended itself', `broker ${this.id} did not stop: ${(error as Error).stack}`)
    }
    if (life !== this.#life) return
    this.#in.world.mark('clean stop')
    this.#over()
    this.node.crash()
    if (how === 'tear' && this.#in.mayLose(this) && this.#damage.tear()) {
      this.#inDoubt = true
      this.#in.world.mark('last batch torn')
    }
    this.#restart.after(downMs)
  }

  #markGroup(): void {
    const { watchedGroup = null, world } = this.#in
    const state = watchedGroup === null || this.#isStopping ? null : this.#broker?.groupState?.(watchedGroup)
    if (typeof state === 'string') world.mark(`coordinator died in ${state}`)
  }

  #over(): void {
    this.#life++
    this.#broker = null
    this.#isStopping = false
  }
}
