import type { ViolationCode } from '../history.ts'
import type { Replica } from '../../src/replica/replica.ts'
import type { BrokerId } from '../../src/replication/replica-id.ts'
import type { LeaderEpoch, Offset } from '../../src/record/offset.ts'

interface EpochStart {
  readonly epoch: LeaderEpoch
  readonly startOffset: Offset
}

/** What the checks see of a node: the replica of its present process. */
export interface WatchedNode {
  readonly broker: BrokerId
  /** Counts its processes. */
  readonly life: number
  readonly replica: Replica | null
}

/**
 * What must hold of a group after every event, whatever happens to it:
 *
 * - election safety: an epoch is led by one process, once;
 * - leader completeness: what a leader has committed is in the log of every later leader;
 * - committed history: no two replicas ever show different entries below their watermarks.
 *
 * Entries are compared by epoch here; their bytes are compared when a run is over.
 */
export class GroupChecks {
  /** Called when a leader is seen for the first time. */
  onElected: (broker: BrokerId) => void = () => {}
  readonly #violate: (code: ViolationCode, detail: string) => void
  readonly #leaders = new Map<LeaderEpoch, string>()
  readonly #looked = new Map<string, string>()
  /** Epochs of all that was ever committed, and its end. */
  #committed: readonly EpochStart[] = []
  #committedEnd: Offset = 0

  constructor(violate: (code: ViolationCode, detail: string) => void) {
    this.#violate = violate
  }

  /** Everything below was committed by some leader. */
  get committedEnd(): Offset {
    return this.#committedEnd
  }

  look(nodes: readonly WatchedNode[]): void {
    for (const node of nodes) if (node.replica !== null) this.#lookAt(node, node.replica)
  }

  #lookAt(node: WatchedNode, replica: Replica): void {
    const { log, leads, epoch, highWatermark } = replica
    const name = `node ${node.broker}, life ${node.life}`
    const state = `${leads} ${epoch} ${highWatermark}`
    if (this.#looked.get(name) === state) return
    this.#looked.set(name, state)
    if (leads) this.#checkLeader(name, node.broker, replica)
    this.#checkPrefix(`${name}, epoch ${epoch}`, log.epochs.entries, Math.min(highWatermark, this.#committedEnd))
    if (leads && highWatermark > this.#committedEnd) {
      this.#committed = log.epochs.entries.filter(({ startOffset }) => startOffset < highWatermark)
      this.#committedEnd = highWatermark
    }
  }

  #checkLeader(name: string, broker: BrokerId, { epoch, log }: Replica): void {
    const known = this.#leaders.get(epoch)
    if (known !== undefined && known !== name)
      this.#violate('two leaders', `epoch ${epoch} is led by ${known} and ${name}`)
    if (known === name) return
    this.#leaders.set(epoch, name)
    this.onElected(broker)
    if (log.logEndOffset < this.#committedEnd) {
      const ends = `ends at ${log.logEndOffset}, committed is up to ${this.#committedEnd}`
      this.#violate('committed entries lost', `the log of ${name}, leader of epoch ${epoch}, ${ends}`)
    }
    this.#checkPrefix(`${name}, leader of epoch ${epoch}`, log.epochs.entries, this.#committedEnd)
  }

  /** Whether these epochs are, below `upTo`, those of the committed history. */
  #checkPrefix(name: string, epochs: readonly EpochStart[], upTo: Offset): void {
    const own = textOf(epochs, upTo)
    const committed = textOf(this.#committed, upTo)
    if (own === committed) return
    this.#violate('committed history differs', `below ${upTo} ${name} has ${own}, committed was ${committed}`)
  }
}

const textOf = (epochs: readonly EpochStart[], upTo: Offset): string =>
  epochs
    .filter(({ startOffset }) => startOffset < upTo)
    .map(({ epoch, startOffset }) => `${epoch}@${startOffset}`)
    .join(' ')
