import type { LogName } from '../broker/partition-logs.ts'
import type { Suspect } from '../log/suspicion.ts'
import type { ClusterImage } from '../metadata/image.ts'
import type { Offset } from '../record/offset.ts'
import { boundsReceipt, type Receipt } from '../receipt/receipt.ts'
import type { LogPosition } from '../replication/log-position.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { LogFolder } from './log-folder.ts'

/** What somebody else may have had of a partition, and its new leader lacks. */
export interface MaybeLost {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** Where the new leader's log ends. */
  readonly position: LogPosition
  readonly why: string
}

/**
 * A replica that may have lost what it acknowledged neither votes nor leads until it has caught up with another. One with
 * nobody to catch up with goes on, and a receipt says from where on records may be missing.
 */
export class AcceptedSuspects {
  readonly #runtime: Runtime
  readonly #folder: LogFolder

  constructor(runtime: Runtime, folder: LogFolder) {
    this.#runtime = runtime
    this.#folder = folder
  }

  /** A receipt of what an operator's word may have cost, durable when it resolves: from `position` on records may be missing. */
  async note({ position, why, ...name }: MaybeLost): Promise<void> {
    const { receipts, replica } = this.#folder.cuts
    const receipt = boundsReceipt(this.#runtime, { ...name, replica, from: position.endOffset, to: null, reason: why })
    await receipts.add([receipt])
    this.#runtime.logger.warn({ ...name, receipt: receipt.id, why }, 'records may be lost; a receipt is written')
  }

  /** Durable when it resolves. Those whose logs cannot be opened do not go on, and stay suspect. */
  async accept(suspects: readonly Suspect[]): Promise<void> {
    const { directory, cuts } = this.#folder
    // Offline: what it has lost is known only when it can be read again.
    const open = suspects.filter(({ topic, partition }) => directory.log({ topic, partition }) !== null)
    const written = open.map((suspect) => this.#receiptOf(suspect))
    if (written.length === 0) return
    await cuts.receipts.add(written)
    await directory.liftSuspicion(open)
    const reasons = [...new Set(written.map(({ reason }) => reason))]
    const facts = { partitions: written.length, reasons, receipts: written.slice(0, 5).map(({ id }) => id) }
    const what = 'partitions may have lost their newest records; receipts are written and they go on without'
    this.#runtime.logger.warn(facts, what)
  }

  /** Has a receipt written of what is gone from `from` on, unless there is one. Durable when it resolves. */
  async lost(
    { topic, topicId, partition }: LogName,
    { from, to, reason }: { from: Offset; to: Offset | null; reason: string },
  ): Promise<void> {
    const { cuts } = this.#folder
    const isOfIt = (each: Receipt): boolean => each.topicId === topicId && each.partition === partition
    if (cuts.receipts.list().some((each) => isOfIt(each) && each.reason === reason)) return
    const lost = { topic, topicId, partition, replica: cuts.replica, from, to, reason }
    const receipt = boundsReceipt(this.#runtime, lost)
    await cuts.receipts.add([receipt])
    const what = 'records that a leader alone had may be lost; a receipt tells from where on'
    this.#runtime.logger.warn({ topic, partition, receipt: receipt.id, from, reason }, what)
  }

  /**
   * Of suspects that led when they lost what they had not synced, and that others go on without: what they had alone is gone.
   * Durable when it resolves.
   */
  async ledBefore(suspects: readonly Suspect[], image: ClusterImage, self: BrokerId): Promise<void> {
    for (const { topic, topicId, partition, reason, detail } of suspects) {
      const log = this.#folder.directory.log({ topic, partition })
      if (log === null || topicId === null) continue
      const led = image.astray.of(topicId, partition).find((each) => each.broker === self && !each.lostDisk)
      if (led === undefined) continue
      const why = `${reason}: ${detail}; it led epoch ${led.epoch}, and what it had alone may be gone`
      const from = log.damagedFrom() ?? log.logEndOffset
      await this.lost({ topic, topicId, partition }, { from, to: null, reason: why })
    }
  }

  #receiptOf({ topic, topicId, partition, reason, detail, logEndOffset }: Suspect): Receipt {
    const { directory, cuts } = this.#folder
    const log = directory.log({ topic, partition })
    const from = log?.damagedFrom() ?? log?.logEndOffset ?? logEndOffset ?? 0
    const lost = { topic, topicId, partition, replica: cuts.replica, from, to: null }
    return boundsReceipt(this.#runtime, { ...lost, reason: `${reason}: ${detail}` })
  }
}

/** Whether it is the only replica of its partition: there is nobody to catch up with. */
export function isAlone(image: ClusterImage, { topic, partition }: Suspect): boolean {
  const replicas = image.partition(topic, partition)?.replicas
  return replicas === undefined || replicas.length === 1
}
