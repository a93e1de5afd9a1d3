import type { SimEvent } from './event-queue.ts'
import type { SimWorld } from './sim-world.ts'

/**
 * One incarnation of a node, from its start to its crash. Everything that it asked the world for goes through here, so
 * that nothing of it is ever heard of again once it is dead: timers do not fire, promises stay pending. While it stands still
 * what is due waits, in its order.
 */
export class SimLife {
  readonly world: SimWorld
  #alive = true
  readonly #atDeath = new Set<() => void>()
  #resumesMs = 0
  #held: (() => void)[] = []

  constructor(world: SimWorld) {
    this.world = world
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Runs `run` after `delayMs`, if this life still lasts then. */
  schedule(delayMs: number, run: () => void): SimEvent {
    const event = this.world.schedule(delayMs, () => {
      // It may be taken back while it waits.
      this.whenAwake(() => void (event.run !== null && run()))
    })
    return event
  }

  /** Runs `run` now, or once the process does not stand still any more. */
  whenAwake(run: () => void): void {
    if (!this.#alive) return
    if (this.world.nowMs < this.#resumesMs) this.#held.push(run)
    else run()
  }

  /** The process stands still for so long. */
  pause(forMs: number): void {
    this.#resumesMs = Math.max(this.#resumesMs, this.world.nowMs + forMs)
    this.world.schedule(forMs, () => this.#resume())
  }

  #resume(): void {
    if (this.world.nowMs < this.#resumesMs) return
    for (const run of this.#held.splice(0)) this.world.schedule(0, () => void (this.#alive && run()))
  }

  /** A promise for work of this life: `work` decides when `resolve` or `reject` is called; in a dead life it never runs. */
  promise<T>(work: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#alive) return
      work(
        (value) => void (this.#alive && resolve(value)),
        (error) => void (this.#alive && reject(error)),
      )
    })
  }

  /** Calls `run` when this life ends. Returns what takes it back. */
  atDeath(run: () => void): () => void {
    this.#atDeath.add(run)
    return () => void this.#atDeath.delete(run)
  }

  end(): void {
    if (!this.#alive) return
    this.#alive = false
    for (const run of this.#atDeath) run()
    this.#atDeath.clear()
  }
}
