import type { SimNode } from '../src/runtime/sim/sim-node.ts'
import type { SimWorld } from '../src/runtime/sim/sim-world.ts'
import type { BrokerPlace, BrokerUnderTest, RunningBroker } from './tested-broker.ts'
import type { HistoryEvent, ViolationCode } from './history.ts'
import { Restart } from './restart.ts'
import { tracedLogger } from './traced-logger.ts'
import type { PlannedDiskFault, PlannedEnd, PlannedKill } from './workload.ts'

/** What a host needs of the run that it is in. */
export interface HostSurroundings {
  readonly world: SimWorld
  readonly parts: BrokerUnderTest
  readonly place: BrokerPlace
  note(event: HistoryEvent): void
  violate(code: ViolationCode, detail: string): void
  /** Whether clients wait for answers. */
  busy(): boolean
  /** A group whose state is looked at when its coordinator ends; null: there are no members. */
  readonly watchedGroup: string | null
}

/** How long after a broker has ended itself, on a disk that fails, somebody starts it again. */
const startAgainAfterMs = 40

/**
 * The machine of the broker, and who runs it: starts it, ends it in all ways that a run plans, and starts it again.
 * A broker may end itself, or not start, only while its disk fails.
 */
export class BrokerHost {
  readonly node: SimNode
  readonly #in: HostSurroundings
  readonly #restart: Restart
  #broker: RunningBroker | null = null
  /** Counts lives, so that what is heard of a former one is told from the present one. */
  #life = 0
  #stopping = false
  #isCalm = false
  #diskHasFailed = false
  #promisesAreOff = false
  #powerCuts = 0
  /** Kills that hit the next starts. */
  #kills: readonly PlannedKill[] = []
  /** Disk faults that last. */
  #faults = 0
  /** The present life has had a disk that fails. */
  #troubled = false

  constructor(surroundings: HostSurroundings) {
    this.#in = surroundings
    const { world } = surroundings
    this.node = world.node('broker')
    const { violate } = surroundings
    this.node.logger = tracedLogger(world, '', (line) => {
      if (line.includes(failedRequest)) violate('failed request', line)
      if (line.includes(failedNote)) this.#promisesAreOff = true
    })
    // A new logger is taken by the next incarnation.
    this.node.restart()
    this.#restart = new Restart(world, () => {
      this.node.restart()
      this.#in.note({ type: 'started', ends: this.#in.parts.endsOn?.(this.node.disk) ?? {} })
      this.start()
    })
  }

  /** Up, and its disk has been well for as long as it is. */
  get healthy(): boolean {
    return this.#broker !== null && !this.#stopping && !this.#troubled
  }

  /** A failed fsync could not even be noted, as other faults of the disk came with it: nothing is promised then. */
  get promisesAreOff(): boolean {
    return this.#promisesAreOff
  }

  get diskHasFailed(): boolean {
    return this.#diskHasFailed
  }

  get powerCuts(): number {
    return this.#powerCuts
  }

  start(): void {
    const life = ++this.#life
    const { parts, place } = this.#in
    this.#troubled = this.#faults > 0
    this.node.onExit = (code) => this.#ended(`the broker exited with code ${code}`)
    const [kill, ...more] = this.#kills
    this.#kills = more
    if (kill !== undefined) {
      this.#in.world.schedule(kill.afterMs, () => {
        if (life === this.#life && !this.#isCalm) this.#kill(kill.fault, kill.afterMs)
      })
    }
    parts.startBroker(this.node.runtime, place).then(
      (broker) => {
        if (life !== this.#life) return
        this.#broker = broker
        this.#in.note({ type: 'up', ends: parts.endsOn?.(this.node.disk) ?? {} })
        void broker.failed?.then((error) => {
          if (life === this.#life) this.#ended(`the broker cannot go on: ${error.stack}`)
        })
      },
      (error) => {
        if (life === this.#life) this.#ended(`the broker did not start: ${error?.stack ?? error}`)
      },
    )
  }

  end(plan: PlannedEnd): void {
    if (plan.do === 'stop') return void this.#stop(plan)
    if (plan.do === 'crash' && !this.node.running) return
    if (this.#kills.length === 0) this.#kills = plan.kills
    this.#kill(plan.do, plan.downMs)
  }

  /** Nothing more happens to the broker by itself: kills that were still to come are called off. */
  calm(): void {
    this.#kills = []
    this.#isCalm = true
  }

  /** The disk misbehaves, is healed, and the broker that lived through it is ended. */
  fault(plan: PlannedDiskFault): void {
    const { disk } = this.node
    this.#faults++
    this.#troubled = true
    this.#diskHasFailed = true
    if (plan.fault === null) disk.capacityBytes = disk.usedBytes() + plan.roomBytes
    else disk.failNext(plan.fault)
    this.#in.world.schedule(plan.forMs, () => {
      this.#faults--
      if (this.#faults > 0) return
      disk.heal()
      disk.capacityBytes = Number.POSITIVE_INFINITY
      if (!this.#troubled) return
      // One that is not up yet has nothing to stop.
      this.end(this.#broker === null ? { ...plan.end, do: 'crash' } : plan.end)
    })
  }

  #kill(fault: 'crash' | 'power-cut', downMs: number): void {
    const { world, note, busy } = this.#in
    const what = !this.node.running ? 'of a dead broker' : this.#broker === null ? 'during a start' : ''
    world.mark(`${fault} ${what}`.trim())
    if (this.#stopping) world.mark(`${fault} during a clean stop`)
    if (busy()) world.mark(`${fault} with a batch in flight`)
    this.#markGroup()
    note({ type: 'fault', fault })
    this.#over()
    if (fault === 'crash') this.node.crash()
    else {
      this.#powerCuts++
      this.node.powerCut()
    }
    this.#restart.after(downMs)
  }

  async #stop(plan: PlannedEnd): Promise<void> {
    const [broker, life] = [this.#broker, this.#life]
    if (broker === null || this.#stopping) return
    this.#markGroup()
    this.#stopping = true
    try {
      // Never goes on when a fault comes first: the broker's promises die with it.
      await broker.stop()
    } catch (error) {
      if (life !== this.#life) return
      if (!this.#troubled) this.#in.violate('ended itself', `the broker did not stop: ${(error as Error).stack}`)
    }
    if (life !== this.#life) return
    // A broker whose disk has failed ends without having synced everything.
    if (!this.#troubled) this.#in.note({ type: 'stopped' })
    this.#in.world.mark(this.#troubled ? 'stop after a disk fault' : 'clean stop')
    this.#over()
    this.node.crash()
    if (this.#kills.length === 0) this.#kills = plan.kills
    this.#restart.after(plan.downMs)
  }

  #ended(detail: string): void {
    if (!this.#troubled) return this.#in.violate('ended itself', detail)
    this.#in.world.trace(detail.split('\n')[0] ?? '')
    this.#in.world.mark(this.#broker === null ? 'start refused by the disk' : 'ended by a disk fault')
    this.#over()
    this.node.crash()
    this.#restart.after(startAgainAfterMs)
  }

  #markGroup(): void {
    const { watchedGroup, world } = this.#in
    const state = watchedGroup === null || this.#stopping ? null : this.#broker?.groupState?.(watchedGroup)
    if (typeof state === 'string') world.mark(`coordinator died in ${state}`)
  }

  #over(): void {
    this.#life++
    this.#broker = null
    this.#stopping = false
  }
}

/** A handler threw what nobody has foreseen: wrong on any disk. */
const failedRequest = 'a request failed; its connection is closed'

const failedNote = 'a failed fsync could not be noted'
