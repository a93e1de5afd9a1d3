import { type Receipt, Receipts } from '../broker/receipts.ts'
import { uuidFromBytes } from '../codec/uuid.ts'
import type { Suspect } from '../log/suspicion.ts'
import type { ClusterImage } from '../metadata/image.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { LogFolder } from './log-folder.ts'

/**
 * A replica that may have lost what it acknowledged neither votes nor leads until it has caught up with another. One with
 * nobody to catch up with goes on, and a receipt says from where on records may be missing.
 */
export class AcceptedSuspects {
  readonly #runtime: Runtime
  readonly #folder: LogFolder
  readonly #receipts: Receipts

  private constructor(runtime: Runtime, folder: LogFolder, receipts: Receipts) {
    this.#runtime = runtime
    this.#folder = folder
    this.#receipts = receipts
  }

  static async open(runtime: Runtime, folder: LogFolder): Promise<AcceptedSuspects> {
    return new AcceptedSuspects(runtime, folder, await Receipts.open(runtime.disk, folder.directory.path))
  }

  /** Durable when it resolves. Those whose logs cannot be opened do not go on, and stay suspect. */
  async accept(suspects: readonly Suspect[]): Promise<void> {
    const { directory } = this.#folder
    // Offline: what it has lost is known only when it can be read again.
    const open = suspects.filter(({ topic, partition }) => directory.log({ topic, partition }) !== null)
    const written = open.map((suspect) => receiptOf(this.#runtime, this.#folder, suspect))
    if (written.length === 0) return
    await this.#receipts.add(written)
    await directory.liftSuspicion(open)
    const reasons = [...new Set(written.map(({ reason }) => reason))]
    const facts = { partitions: written.length, reasons, receipts: written.slice(0, 5).map(({ id }) => id) }
    const what = 'partitions may have lost their newest records; receipts are written and they go on without'
    this.#runtime.logger.warn(facts, what)
  }
}

/** Whether it is the only replica of its partition: there is nobody to catch up with. */
export function isAlone(image: ClusterImage, { topic, partition }: Suspect): boolean {
  const replicas = image.partition(topic, partition)?.replicas
  return replicas === undefined || replicas.length === 1
}

function receiptOf(runtime: Runtime, folder: LogFolder, suspect: Suspect): Receipt {
  const { topic, partition, reason, detail } = suspect
  const log = folder.directory.log({ topic, partition })
  return {
    id: uuidFromBytes(runtime.random.bytes(16)),
    atMs: runtime.clock.nowMs(),
    topic,
    partition,
    kind: 'bounds',
    from: log?.damagedFrom() ?? log?.logEndOffset ?? suspect.logEndOffset ?? 0,
    to: null,
    reason: `${reason}: ${detail}`,
  }
}
