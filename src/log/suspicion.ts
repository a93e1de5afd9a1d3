import type { Offset, Timestamp } from '../record/offset.ts'
import type { Disk } from '../runtime/disk.ts'
import { LogDirectoryFile } from './log-directory-file.ts'
import { type HostedReplica, type PartitionName, partitionKey } from './log-directory-name.ts'

const suspicionName = 'trilog-suspicion.json'
const version = 1

/**
 * Why a replica may have lost what it acknowledged: the machine lost power with bytes in the page cache; the log is
 * damaged; its folder is gone; an fsync failed.
 */
export type SuspicionReason = 'power-cut' | 'damage' | 'missing' | 'failed-sync'

export interface Suspect extends HostedReplica {
  readonly reason: SuspicionReason
  /** What was seen, for people. */
  readonly detail: string
  /** Where its log ended when it became suspect: what it lost was at or above. Null: it could not be opened. */
  readonly logEndOffset: Offset | null
  readonly sinceMs: Timestamp
}

/** What makes replicas suspect without naming them. It stands in the file until a start has settled whom it means. */
export interface Doubts {
  /** Bytes that were not fsynced may be gone. */
  readonly powerCut: boolean
  /** The list of hosted replicas was lost: a replica that is not here may be one whose folder is gone. */
  readonly listLost: boolean
  /** The list of suspects was lost: anyone may have been one. */
  readonly suspectsLost: boolean
}

const noDoubts: Doubts = { powerCut: false, listLost: false, suspectsLost: false }

/**
 * The suspects among the replicas of a folder (see `docs/guarantees.md`), fsynced: a suspicion outlives every restart
 * until it is lifted.
 */
export class Suspicion {
  readonly #file: LogDirectoryFile
  readonly #suspects = new Map<string, Suspect>()
  #doubts: Doubts = noDoubts
  #saving: Promise<void> = Promise.resolve()

  constructor(disk: Disk, directory: string) {
    this.#file = new LogDirectoryFile(disk, `${directory}/${suspicionName}`)
  }

  async load(): Promise<void> {
    const read = await this.#file.read()
    if (read.state === 'missing') return
    const facts =
      read.state === 'whole' ? (read.facts as { version: number; doubts: Doubts; replicas: Suspect[] }) : null
    if (facts === null || facts.version !== version) {
      this.#doubts = { ...noDoubts, suspectsLost: true }
      return
    }
    this.#doubts = facts.doubts
    for (const suspect of facts.replicas) this.#suspects.set(partitionKey(suspect), suspect)
  }

  get doubts(): Doubts {
    return this.#doubts
  }

  get(name: PartitionName): Suspect | null {
    return this.#suspects.get(partitionKey(name)) ?? null
  }

  all(): Suspect[] {
    return [...this.#suspects.values()]
  }

  /** Notes doubts before anything else is done, so that a crash on the way cannot hide them. Durable when resolved. */
  async doubt(doubts: Partial<Doubts>): Promise<void> {
    const before = this.#doubts
    this.#doubts = {
      powerCut: before.powerCut || doubts.powerCut === true,
      listLost: before.listLost || doubts.listLost === true,
      suspectsLost: before.suspectsLost || doubts.suspectsLost === true,
    }
    if (JSON.stringify(before) !== JSON.stringify(this.#doubts)) await this.#save()
  }

  /** Adds to the suspects. Who is one already keeps the first reason, but a failed fsync counts beside any other. */
  async add(suspects: readonly Suspect[]): Promise<void> {
    if (this.#include(suspects)) await this.#save()
  }

  /** The suspects that a start has found; with them its doubts are settled. */
  async settle(suspects: readonly Suspect[]): Promise<void> {
    const changed = this.#include(suspects)
    const doubted = Object.values(this.#doubts).includes(true)
    if (!changed && !doubted) return
    this.#doubts = noDoubts
    await this.#save()
  }

  /** They have caught up with who may be believed, or are gone. */
  async lift(names: readonly PartitionName[]): Promise<void> {
    const lifted = names.filter((name) => this.#suspects.delete(partitionKey(name)))
    if (lifted.length > 0) await this.#save()
  }

  #include(suspects: readonly Suspect[]): boolean {
    let changed = false
    for (const suspect of suspects) {
      const key = partitionKey(suspect)
      const known = this.#suspects.get(key)
      if (known !== undefined && (known.reason === suspect.reason || suspect.reason !== 'failed-sync')) continue
      const logEndOffset = known === undefined ? suspect.logEndOffset : lower(known.logEndOffset, suspect.logEndOffset)
      this.#suspects.set(key, { ...suspect, logEndOffset })
      changed = true
    }
    return changed
  }

  /** One after the other, so that the newest state is what stays. */
  #save(): Promise<void> {
    const write = () => this.#file.write({ version, doubts: this.#doubts, replicas: this.all() })
    this.#saving = this.#saving.then(write, write)
    return this.#saving
  }
}

/** Null: nothing is known of where it ended. */
function lower(one: Offset | null, other: Offset | null): Offset | null {
  return one === null || other === null ? null : Math.min(one, other)
}
