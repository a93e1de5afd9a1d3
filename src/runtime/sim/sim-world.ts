import { InvariantViolation } from '../invariant.ts'
import { EventQueue, type SimEvent } from './event-queue.ts'
import { SimNetwork } from './sim-network.ts'
import { SimNode } from './sim-node.ts'
import { SimRandom } from './sim-random.ts'
import { TraceHash } from './trace-hash.ts'

export interface SimWorldOptions {
  /** Called with each line of the trace; the hash is kept without it, too. */
  readonly onTrace?: (line: string) => void
  /** Events that may happen at one instant before the world is called stuck (default 1,000,000). */
  readonly eventsPerInstantMax?: number
}

/** Events run per turn of the real event loop. Between any two of them Node runs all promise jobs. */
const eventsPerTurn = 64

/**
 * A world in virtual time: nodes with clock, disk and randomness of their own, and the network between them. What
 * happens is a pure function of the seed and of the code that runs in it, as long as that code waits for nothing but
 * this world (no worker threads, no thread pool, no real timers).
 */
export class SimWorld {
  readonly seed: number
  readonly random: SimRandom
  readonly network: SimNetwork
  /** How often each rare thing happened: "sometimes" assertions read it. */
  readonly marks = new Map<string, number>()
  readonly #options: SimWorldOptions
  readonly #queue = new EventQueue()
  readonly #nodes = new Map<string, SimNode>()
  readonly #hash = new TraceHash()
  readonly #afterEvent: (() => void)[] = []
  #nowMs = 0
  #events = 0
  #eventsThisInstant = 0
  #running = false

  constructor(seed: number, options: SimWorldOptions = {}) {
    this.seed = seed
    this.#options = options
    this.random = new SimRandom(`world ${seed}`)
    this.network = new SimNetwork(this)
  }

  /** Virtual milliseconds since this world began. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Events that have happened. */
  get events(): number {
    return this.#events
  }

  /** Equal for two runs only if the same events happened at the same times, with the same traced lines. */
  get traceHash(): string {
    return this.#hash.digest
  }

  /** The node of that name, made and started on first use. */
  node(name: string): SimNode {
    let node = this.#nodes.get(name)
    if (node === undefined) {
      node = new SimNode(this, name)
      this.#nodes.set(name, node)
    }
    return node
  }

  /** The node of that name if there is one. */
  findNode(name: string): SimNode | undefined {
    return this.#nodes.get(name)
  }

  /** Runs `run` after `delayMs` of virtual time, whatever nodes live or die. To take it back, set its `run` to null. */
  schedule(delayMs: number, run: () => void): SimEvent {
    return this.#queue.add(this.#nowMs + Math.max(0, delayMs), run)
  }

  /** Adds a line to the trace and its hash. Facts of the run only: nothing from outside this world. */
  trace(line: string): void {
    this.#hash.addText(line)
    this.#options.onTrace?.(`${this.#nowMs.toFixed(3)} ${line}`)
  }

  mark(name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1)
  }

  /** Calls `check` after every event and the promise jobs that it caused. What it throws ends the run. */
  afterEvent(check: () => void): void {
    this.#afterEvent.push(check)
  }

  /** Runs until virtual time `untilMs`, which is then now; without it until nothing is left to happen. */
  async run(options: { untilMs?: number } = {}): Promise<void> {
    const untilMs = options.untilMs ?? Number.POSITIVE_INFINITY
    await this.#loop(untilMs, () => false)
    if (Number.isFinite(untilMs)) this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  /** Runs until `predicate` holds (true), or nothing is left or `limitMs` of virtual time have gone by (false). */
  runUntil(predicate: () => boolean, limitMs: number): Promise<boolean> {
    return this.#loop(this.#nowMs + limitMs, predicate)
  }

  /** Runs until the promise settles, and gives its value or throws its error; throws when that takes over `limitMs`. */
  async complete<T>(work: Promise<T>, limitMs = 60_000): Promise<T> {
    let settled = false
    const note = () => {
      settled = true
    }
    work.then(note, note)
    if (!(await this.runUntil(() => settled, limitMs))) throw new Error(`not settled within ${limitMs} virtual ms`)
    return work
  }

  #loop(untilMs: number, predicate: () => boolean): Promise<boolean> {
    if (this.#running) throw new Error('this world is already running')
    this.#running = true
    return new Promise((resolve, reject) => {
      let over = false
      const finish = (settle: () => void) => {
        over = true
        this.#running = false
        settle()
      }
      // Each immediate of a turn runs one event: Node runs the promise jobs between them, without polling the system.
      const step = () => {
        if (over) return
        try {
          for (const check of this.#afterEvent) check()
          if (predicate()) return finish(() => resolve(true))
          const nextMs = this.#queue.nextMs()
          if (nextMs === null || nextMs > untilMs) return finish(() => resolve(false))
          this.#happen(nextMs)
        } catch (error) {
          finish(() => reject(error))
        }
      }
      const turn = () => {
        if (over) return
        for (let count = 0; count < eventsPerTurn; count++) setImmediate(step)
        setImmediate(turn)
      }
      turn()
    })
  }

  #happen(atMs: number): void {
    const event = this.#queue.take()
    if (event === null) return
    this.#eventsThisInstant = atMs > this.#nowMs ? 0 : this.#eventsThisInstant + 1
    if (this.#eventsThisInstant > (this.#options.eventsPerInstantMax ?? 1_000_000)) {
      throw new InvariantViolation('time stands still in simulation', { atMs, seed: this.seed })
    }
    this.#nowMs = atMs
    this.#events++
    this.#hash.addNumber(atMs)
    this.#hash.addNumber(event.sequence)
    event.run?.()
  }
}
