import { type Logger, silentLogger } from '../logger.ts'
import { type Metrics, noMetrics } from '../metrics.ts'
import type { Runtime } from '../runtime.ts'
import { type ClockSkew, SimClock } from './sim-clock.ts'
import { SimDisk } from './sim-disk.ts'
import { SimLife } from './sim-life.ts'
import { SimDiskImage } from './sim-disk-image.ts'
import type { SimRandom } from './sim-random.ts'
import type { SimWorld } from './sim-world.ts'

/**
 * A machine with one process on it. A crash kills the process: what it wrote stays, synced or not. A power cut takes
 * what was not synced, too. A restart gives a new runtime on what the disk holds then; the old one is dead for ever.
 */
export class SimNode {
  readonly name: string
  /** What outlives the process: files, and the faults that a test plants in them. */
  readonly disk: SimDiskImage
  /** What the next incarnation logs to and counts with. */
  logger: Logger = silentLogger
  metrics: Metrics = noMetrics
  /** With which code the process ended itself, if it did. */
  exitCode: number | null = null
  /** Called when the process ends itself. */
  onExit: (code: number) => void = () => {}
  readonly #world: SimWorld
  readonly #random: SimRandom
  readonly #skew: ClockSkew
  #incarnation = 0
  #boot = 0
  #life: SimLife
  #runtime: Runtime

  constructor(world: SimWorld, name: string) {
    this.#world = world
    this.name = name
    this.#random = world.random.fork(`node ${name}`)
    this.#skew = {
      offsetMs: Math.floor(this.#random.between(-2000, 2000)),
      rate: 1 + this.#random.between(-1e-3, 1e-3),
      monotonicStartMs: this.#random.between(0, 1e6),
    }
    this.disk = new SimDiskImage(world, name)
    this.#life = new SimLife(world)
    this.#runtime = this.#start()
  }

  /** The runtime of the present incarnation. Take it anew after each restart. */
  get runtime(): Runtime {
    return this.#runtime
  }

  get running(): boolean {
    return this.#life.alive
  }

  /** The process ends without warning (kill -9). Written bytes stay; the system closes its connections. */
  crash(): void {
    if (!this.#life.alive) return
    this.#world.trace(`crash ${this.name}`)
    this.#life.end()
    this.disk.processDied()
    this.#world.network.processDied(this.name)
  }

  /** The machine loses power. A node that has crashed before may lose power, too. */
  powerCut(): void {
    this.#world.trace(`power cut ${this.name}`)
    this.#life.end()
    this.disk.processDied()
    this.disk.powerCut()
    this.#world.network.machineDied(this.name)
    this.#boot++
  }

  /** Starts the process again; crashes it first if it runs. Returns the runtime of the new incarnation. */
  restart(): Runtime {
    this.crash()
    this.#world.trace(`restart ${this.name}`)
    this.#incarnation++
    this.exitCode = null
    this.#world.network.machineBack(this.name)
    this.#life = new SimLife(this.#world)
    this.#runtime = this.#start()
    return this.#runtime
  }

  /** The process stands still (SIGSTOP), and goes on after `forMs`. What comes for it meanwhile waits. */
  pause(forMs: number): void {
    if (!this.#life.alive) return
    this.#world.trace(`pause ${this.name}`)
    this.#life.pause(forMs)
  }

  /** Moves the wall clock by so many ms, forth or back. */
  jumpClock(byMs: number): void {
    this.#skew.offsetMs += byMs
  }

  #start(): Runtime {
    const life = this.#life
    const clock = new SimClock(life, this.#skew)
    return {
      clock,
      random: this.#random.fork(`incarnation ${this.#incarnation}`),
      disk: new SimDisk(life, this.disk, () => clock.nowMs()),
      network: this.#world.network.of(life, this.name),
      logger: fenced(life, this.logger),
      metrics: this.metrics,
      bootId: this.#random.fork(`boot ${this.#boot}`).next().toString(16).padStart(8, '0'),
      exit: (code) => {
        if (!life.alive) return
        this.exitCode = code
        this.crash()
        this.onExit(code)
      },
    }
  }
}

/** The dead say nothing. */
function fenced(life: SimLife, logger: Logger): Logger {
  return {
    debug: (facts, message) => void (life.alive && logger.debug(facts, message)),
    info: (facts, message) => void (life.alive && logger.info(facts, message)),
    warn: (facts, message) => void (life.alive && logger.warn(facts, message)),
    error: (facts, message) => void (life.alive && logger.error(facts, message)),
    child: (facts) => fenced(life, logger.child(facts)),
  }
}
