import type { SimWorld } from '../src/runtime/sim/sim-world.ts'

/** Who starts a machine again that went down: once, however often it goes down until then. */
export class Restart {
  readonly #world: SimWorld
  readonly #start: () => void
  #isDue = false

  constructor(world: SimWorld, start: () => void) {
    this.#world = world
    this.#start = start
  }

  after(downMs: number): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#world.schedule(downMs, () => {
      this.#isDue = false
      this.#start()
    })
  }
}
