import type { SimEvent } from './event-queue.ts'
import type { SimWorld } from './sim-world.ts'

/**
 * One incarnation of a node, from its start to its crash. Everything that it asked the world for goes through here, so
 * that nothing of it is ever heard of again once it is dead: timers do not fire, promises stay pending.
 */
export class SimLife {
  readonly world: SimWorld
  #alive = true
  readonly #atDeath = new Set<() => void>()

  constructor(world: SimWorld) {
    this.world = world
  }

  get alive(): boolean {
    return this.#alive
  }

  /** Runs `run` after `delayMs`, if this life still lasts then. */
  schedule(delayMs: number, run: () => void): SimEvent {
    return this.world.schedule(delayMs, () => {
      if (this.#alive) run()
    })
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
