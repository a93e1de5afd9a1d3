import type { MemoryBound } from './memory-bound.ts'

/**
 * What one connection holds of a bound on memory. The first `ownBytes` are its own whatever the others hold, so that
 * nobody can keep it from small requests and answers; only what is beyond them counts against the bound.
 */
export class MemoryAccount {
  readonly #bound: MemoryBound
  readonly #ownBytes: number
  #heldBytes = 0
  /** Taken by the bound for this account, when it was its turn. */
  #grantedBytes = 0
  #leave: (() => void) | null = null

  constructor(bound: MemoryBound, ownBytes: number) {
    this.#bound = bound
    this.#ownBytes = ownBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** What of it counts against the bound. */
  get sharedBytes(): number {
    return Math.max(0, this.#heldBytes - this.#ownBytes)
  }

  /** Takes at least `least` and at most `wanted` bytes, and says how many; 0: not now, see `wait`. */
  take(least: number, wanted: number): number {
    const own = Math.max(0, this.#ownBytes - this.#heldBytes)
    const granted = this.#grantedBytes
    this.#grantedBytes = 0
    const sharedLeast = Math.max(0, least - own)
    const sharedWanted = Math.max(0, wanted - own)
    const shared =
      granted > 0
        ? this.#bound.takeGranted(granted, sharedLeast, sharedWanted)
        : this.#bound.take(sharedLeast, sharedWanted)
    if (shared < 0) return 0
    const taken = Math.min(own, wanted) + shared
    this.#heldBytes += taken
    return taken
  }

  /** Counts bytes that are there already, beyond the bound if need be. */
  add(bytes: number): void {
    const before = this.sharedBytes
    this.#heldBytes += bytes
    this.#bound.add(this.sharedBytes - before)
  }

  give(bytes: number): void {
    const before = this.sharedBytes
    this.#heldBytes -= bytes
    const shared = before - this.sharedBytes
    if (shared > 0) this.#bound.give(shared)
  }

  /** Calls `again` once so many bytes are kept for the next `take`. The caller must take then, or `forget`. One wait at a time. */
  wait(bytes: number, again: () => void): void {
    // Who waits already keeps his place.
    if (this.#leave !== null) return
    const shared = Math.max(0, bytes - Math.max(0, this.#ownBytes - this.#heldBytes))
    this.#leave = this.#bound.wait(shared, () => {
      this.#leave = null
      this.#grantedBytes = shared
      again()
    })
  }

  /** Waits no longer, and gives back what was kept. */
  forget(): void {
    this.#leave?.()
    this.#leave = null
    const granted = this.#grantedBytes
    this.#grantedBytes = 0
    if (granted > 0) this.#bound.give(granted)
  }
}
