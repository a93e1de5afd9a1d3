import { DiskFault } from '../disk.ts'
import { SimNames } from './sim-names.ts'
import type { SimRandom } from './sim-random.ts'
import type { SimWorld } from './sim-world.ts'

/** A fault to come: the next `times` operations of that kind on a path that contains `path` are refused with `code`. */
export interface PlannedFault {
  readonly operation: 'open' | 'read' | 'write' | 'sync' | 'truncate' | 'rename' | 'remove' | 'syncDirectory'
  readonly code: string
  /** Default: any path. */
  readonly path?: string
  /** Default 1; Infinity for good. */
  readonly times?: number
}

/** The disk of one node, apart from the process that uses it: it outlives crashes, and here faults are planted. */
export class SimDiskImage {
  readonly world: SimWorld
  readonly random: SimRandom
  names = new SimNames()
  /** All operations take so many times longer. */
  slowness = 1
  /** Bytes that fit; a write beyond it is cut short and refused with ENOSPC. */
  capacityBytes = Number.POSITIVE_INFINITY
  readonly locked = new Set<string>()
  readonly #name: string
  #faults: { plan: PlannedFault; left: number }[] = []

  constructor(world: SimWorld, name: string) {
    this.world = world
    this.#name = name
    this.random = world.random.fork(`disk ${name}`)
  }

  failNext(plan: PlannedFault): void {
    this.#faults.push({ plan, left: plan.times ?? 1 })
  }

  /** Takes back all planned faults. */
  heal(): void {
    this.#faults = []
  }

  /** Throws the fault that is planned for this operation, if any. */
  checkFault(operation: string, path: string): void {
    const index = this.#faults.findIndex(
      ({ plan }) => plan.operation === operation && (plan.path === undefined || path.includes(plan.path)),
    )
    const fault = this.#faults[index]
    if (fault === undefined) return
    if (--fault.left <= 0) this.#faults.splice(index, 1)
    this.world.mark(`disk ${operation} ${fault.plan.code}`)
    this.world.trace(`${this.#name}: ${operation} ${path} ${fault.plan.code}`)
    throw new DiskFault({ code: fault.plan.code, path, operation })
  }

  usedBytes(): number {
    let bytes = 0
    for (const file of this.names.files()) bytes += file.size
    return bytes
  }

  /** What a file holds, for tests that look at the disk from outside. */
  peek(path: string): Uint8Array {
    return this.names.file(path, 'peek').bytes()
  }

  /** Flips one bit of a file, on the platter and in the cache: at `position`, or anywhere. */
  flipBit(path: string, position?: number): void {
    const file = this.names.file(path, 'flipBit')
    if (file.size === 0) return
    const at = position ?? this.random.integer(file.size)
    this.world.trace(`${this.#name}: bit flip ${path} at ${at}`)
    this.world.mark('bit flip')
    file.flipBit(at, this.random.integer(8))
  }

  /** Everything is gone: a new, empty disk. */
  lose(): void {
    this.world.trace(`${this.#name}: disk lost`)
    this.names = new SimNames()
  }

  /** Called by the node: the process is dead, and its locks are free. */
  processDied(): void {
    this.locked.clear()
  }

  /** Called by the node: what is not on the platter goes. */
  powerCut(): void {
    for (const file of this.names.allFiles()) this.#note(file.powerCut(this.random))
    this.#note(this.names.powerCut(this.random))
  }

  #note(fate: string | null): void {
    if (fate === null) return
    this.world.mark(fate)
    this.world.trace(`${this.#name}: ${fate}`)
  }
}
