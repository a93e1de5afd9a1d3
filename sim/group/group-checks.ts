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
 * - committed history: no two replicas ever show different entries below their watermarks;
 * - no early read: a replica that follows shows consumers near to it nothing that no leader has committed.
 *
 * Entries are compared by epoch here; their bytes are compared when a run is over.
 */
export class GroupChecks {
  /** Called when a leader is seen for the first time. */
  onElected: (broker: BrokerId) => void = () => {}
  readonly #violate: (code: ViolationCode, detail: string) => void
  readonly #mayLose: boolean
  readonly #leaders = new Map<LeaderEpoch, string>()
  readonly #looked = new Map<string, string>()
  /** Epochs of all that was ever committed, and its end. */
  #committed: readonly EpochStart[] = []
  #committedEnd: Offset = 0
  /** The leader's epoch in which that was seen last. */
  #committedIn: LeaderEpoch = -1

  /** `mayLose`: what was committed may be lost by unclean elections, and only who leads is looked at. */
  constructor(violate: (code: ViolationCode, detail: string) => void, { mayLose = false } = {}) {
    this.#violate = violate
    this.#mayLose = mayLose
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
    if (!leads && log.storedUpTo > this.#committedEnd) this.#checkShown(name, replica)
    const state = `${leads} ${epoch} ${highWatermark}`
    if (this.#looked.get(name) === state) return
    this.#looked.set(name, state)
    if (leads) this.#checkLeader(name, node.broker, replica)
    if (this.#mayLose) return
    this.#checkPrefix(`${name}, epoch ${epoch}`, log, Math.min(highWatermark, this.#committedEnd))
    if (leads && highWatermark > this.#committedEnd) {
      this.#committed = log.epochs.entries.filter(({ startOffset }) => startOffset < highWatermark)
      this.#committedEnd = highWatermark
      this.#committedIn = epoch
    }
  }

  #checkLeader(name: string, broker: BrokerId, { epoch, log }: Replica): void {
    const known = this.#leaders.get(epoch)
    if (known !== undefined && known !== name)
      this.#violate('two leaders', `epoch ${epoch} is led by ${known} and ${name}`)
    if (known === name) return
    this.#leaders.set(epoch, name)
    this.onElected(broker)
    if (this.#mayLose) return
    // It hears late of a leadership that is over: what was committed since is not its to have.
    if (epoch < this.#committedIn) return
    if (log.logEndOffset < this.#committedEnd) {
      const ends = `ends at ${log.logEndOffset}, committed is up to ${this.#committedEnd}`
      this.#violate('committed entries lost', `the log of ${name}, leader of epoch ${epoch}, ${ends}`)
    }
    this.#checkPrefix(`${name}, leader of epoch ${epoch}`, log, this.#committedEnd)
  }

  /** While nobody leads a backup shows all that it has: no other one will ever lead. */
  #checkShown(name: string, replica: Replica): void {
    if (replica.knownLeader === null) return
    const nothing = { from: replica.log.logStartOffset, maxBytes: 0, minOneBatch: false, leaderEpoch: -1 }
    const shown = replica.read({ ...nothing, committedTransactionsOnly: false, mayBeNear: true })
    // A leader that is still starting is not looked at: what it has told its followers is known from them.
    const committed = Math.max(this.#committedEnd, replica.highWatermark)
    if ('code' in shown || shown.highWatermark <= committed) return
    const detail = `${name} shows up to ${shown.highWatermark}, committed is up to ${committed}`
    this.#violate('early read', detail)
  }

  /** Whether this log's epochs are, below `upTo`, those of the committed history: as far down as both are told of. */
  #checkPrefix(name: string, log: Replica['log'], upTo: Offset): void {
    const { entries } = log.epochs
    const first = Math.max(entries[0]?.startOffset ?? upTo, this.#committed[0]?.startOffset ?? upTo)
    const from = Math.max(log.logStartOffset, first)
    if (from >= upTo) return
    const own = textOf(entries, from, upTo)
    const committed = textOf(this.#committed, from, upTo)
    if (own === committed) return
    const between = `from ${from} to ${upTo}`
    this.#violate('committed history differs', `${between} ${name} has ${own}, committed was ${committed}`)
  }
}

const textOf = (epochs: readonly EpochStart[], from: Offset, upTo: Offset): string =>
  epochs
    .filter(({ startOffset }, at) => startOffset < upTo && (epochs[at + 1]?.startOffset ?? upTo) > from)
    .map(({ epoch, startOffset }) => `${epoch}@${Math.max(startOffset, from)}`)
    .join(' ')
