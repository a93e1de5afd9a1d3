import { LogReadFault } from '../log/log-faults.ts'
import { SerialQueue } from '../log/serial-queue.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Counter } from '../runtime/metrics.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type CutCount, countCut } from './count-cut.ts'
import type { CutLog } from './cut-log.ts'
import { KeptFiles } from './kept-files.ts'
import { type CutFacts, type KeptBytes, type LostAs, type LostRange, newReceiptId, type Receipt } from './receipt.ts'
import { type ReceiptRules, receiptRules } from './receipt-rules.ts'
import type { Receipts } from './receipts.ts'

/** How much of cut bytes is kept, and for how long. */
export interface KeptBounds {
  /** Of all receipts together; one cut takes at most a quarter. 0: nothing is kept. */
  readonly bytesMax: number
  readonly ageMaxMs: number
}

/** A partition by name and id; the id tells a topic from an earlier one of the same name. */
export interface CutPartition {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

/** What a follower is about to do to its log. */
export interface PlannedCut {
  /** What is there from this offset on, or from the beginning of the batch that holds it, goes. */
  readonly at: Offset
  /** All of the log goes, and it begins anew there, empty; null: what is below `at` stays. */
  readonly beginsAnewAt: Offset | null
  /** Of the batch before, where the log begins anew and something tells of it. */
  readonly epochBelow?: LeaderEpoch
  /** Highest watermark that the replica has known since it was started; null: none. */
  readonly watermark: Offset | null
  /** What is true of offsets above it. */
  readonly aboveAs: LostAs
  readonly leader: number
  readonly leaderEpoch: LeaderEpoch
}

const oneCutShare = 0.25
/** A failover cuts many logs at once: no more are read and copied beside each other. */
const cutsAtOnce = 8

/** Has receipts written of what followers cut, and the bytes kept, before anything is cut. */
export class CutReceipts {
  readonly receipts: Receipts
  readonly files: KeptFiles
  readonly #runtime: Runtime
  readonly replica: Receipt['replica']
  readonly #bounds: KeptBounds
  readonly #cutRecords: Counter
  readonly #lanes = Array.from({ length: cutsAtOnce }, () => new SerialQueue())
  #nextLane = 0
  /** Bytes of files that are being written, of which no receipt tells yet. */
  #keeping = 0

  private constructor(parts: {
    runtime: Runtime
    receipts: Receipts
    replica: Receipt['replica']
    bounds: KeptBounds
  }) {
    this.receipts = parts.receipts
    this.files = new KeptFiles(parts.runtime.disk, parts.receipts.folder)
    this.#runtime = parts.runtime
    this.replica = parts.replica
    this.#bounds = parts.bounds
    const { metrics } = parts.runtime
    this.#cutRecords = metrics.counter({
      name: 'trilog_cut_records_total',
      help: 'Records that replicas had and have cut, as their leaders lack them. A receipt tells of each cut.',
    })
    metrics.observe({ name: 'trilog_receipts', help: 'Receipts that are kept.', kind: 'gauge' }, () => [
      { value: this.receipts.list().length },
    ])
    metrics.observe(
      { name: 'trilog_receipts_kept_bytes', help: 'Bytes that were cut and are kept.', kind: 'gauge' },
      () => [{ value: keptBytes(this.receipts.list()) }],
    )
  }

  /** Files that no receipt tells of are removed. */
  static async open(parts: {
    runtime: Runtime
    receipts: Receipts
    replica: Receipt['replica']
    bounds: KeptBounds
  }): Promise<CutReceipts> {
    const opened = new CutReceipts(parts)
    await opened.files.removeStrays(new Set(opened.receipts.list().flatMap(({ cut }) => cut?.kept?.file ?? [])))
    return opened
  }

  /** Where one replica has its cuts written down. */
  for(partition: CutPartition): ReplicaReceipts {
    return {
      cut: (log, planned, rules = receiptRules) => {
        const lane = this.#lanes[this.#nextLane++ % cutsAtOnce] as SerialQueue
        return lane.run(() => this.#cut(partition, log, { planned, rules }))
      },
    }
  }

  /**
   * Carries out the cut that a crash has interrupted, if there is one: its receipt is written, and nobody has heard of the log's
   * end since. To be called with a log just opened, before anything else is done with it.
   */
  async finish(partition: CutPartition, log: CutLog): Promise<void> {
    const receipt = this.#unfinished(partition)
    if (receipt === null || receipt.cut === null) return
    await carryOut(log, { at: receipt.from, beginsAnewAt: receipt.cut.beginsAnewAt })
    await this.#done(receipt.id)
  }

  /** For those who ask from outside. */
  served() {
    const { replica, receipts, files } = this
    return {
      replica,
      list: () => receipts.list(),
      get: (id: string) => receipts.get(id),
      read: (kept: KeptBytes) => files.read(kept),
    }
  }

  /** Lets go of kept bytes that are too old. */
  async expire(): Promise<void> {
    const before = this.#runtime.clock.nowMs() - this.#bounds.ageMaxMs
    await this.#letGo(this.#lettable().filter(({ atMs }) => atMs < before))
  }

  async #cut(
    partition: CutPartition,
    log: CutLog,
    { planned, rules }: { planned: PlannedCut; rules: ReceiptRules },
  ): Promise<void> {
    const cut = (): Promise<void> => carryOut(log, planned)
    const count = await this.#count(log, planned)
    if (count.isControlOnly) return await cut()
    const id = this.#unfinished(partition)?.id ?? newReceiptId(this.#runtime.random)
    const room = Math.min(count.bytes, this.#oneCutMax)
    this.#keeping += room
    const kept = await this.#keep(id, log, count).finally(() => (this.#keeping -= room))
    const receipt = this.#receiptOf(partition, log, { id, planned, count, kept, rules })
    await rules.inOrder({
      write: async () => {
        await (this.receipts.get(id) === null ? this.receipts.add([receipt]) : this.receipts.replace([receipt]))
        this.#tell(receipt, count)
      },
      cut,
      done: () => this.#done(id),
    })
  }

  /** Null of what cannot be read, or would take too long to be. */
  async #count(log: CutLog, { at, beginsAnewAt }: PlannedCut): Promise<CutCount> {
    const unknown = { from: Math.max(at, log.logStartOffset), records: null, bytes: log.sizeBytes, producers: [] }
    // A whole log that its leader has outlived by far: mostly what retention has removed there.
    if (beginsAnewAt !== null && log.sizeBytes > this.#oneCutMax) return { ...unknown, isControlOnly: false }
    if (at >= log.logEndOffset) return { ...unknown, isControlOnly: true }
    try {
      return await countCut(log, at)
    } catch (error) {
      if (!(error instanceof DiskFault || (error instanceof LogReadFault && error.code !== 'closed'))) throw error
      this.#runtime.logger.warn({ error: error.message }, 'what is to be cut cannot be read, and is not counted')
      return { ...unknown, isControlOnly: false }
    }
  }

  /** Null where nothing may be kept, or nothing can: a cut must not wait for room on the disk. */
  async #keep(id: string, log: CutLog, { from, records, bytes }: CutCount): Promise<KeptBytes | null> {
    if (records === null && bytes > this.#oneCutMax) return null
    try {
      await this.#makeRoom()
      return this.#oneCutMax === 0 ? null : await this.files.keep(id, log, { from, bytesMax: this.#oneCutMax })
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error
      this.#runtime.logger.warn({ error: error.message }, 'what is cut cannot be kept')
      return null
    }
  }

  #receiptOf(
    { topic, topicId, partition }: CutPartition,
    log: CutLog,
    made: { id: string; planned: PlannedCut; count: CutCount; kept: KeptBytes | null; rules: ReceiptRules },
  ): Receipt {
    const { id, planned, count, kept, rules } = made
    const [from, to] = [rules.beginsAt(count.from), log.logEndOffset]
    const { records, bytes, producers } = count
    const { leader, leaderEpoch, beginsAnewAt } = planned
    const cut: CutFacts = {
      ...{ epochs: epochsOf(log, from), records, bytes, producers, leader, leaderEpoch },
      ...{ state: 'cutting', beginsAnewAt, kept },
    }
    return {
      ...{ id, atMs: this.#runtime.clock.nowMs(), topic, topicId, partition, replica: this.replica },
      ...{ kind: 'cut', from, to, ranges: rangesOf(planned, from, to), cut },
      reason:
        beginsAnewAt === null
          ? `the leader of epoch ${leaderEpoch}, broker ${leader}, has something else there, or nothing`
          : `the log of the leader of epoch ${leaderEpoch}, broker ${leader}, begins above the end of this copy, which begins anew`,
    }
  }

  #tell({ id, topic, partition, from, to, ranges }: Receipt, { records, bytes }: CutCount): void {
    this.#cutRecords.add(records ?? 0)
    const lostAs = [...new Set(ranges.map((range) => range.lostAs))]
    const facts = { topic, partition, receipt: id, from, to, records, bytes, lostAs }
    const what = 'a replica cuts what its leader lacks; a receipt tells of it'
    // What nobody but a leader has answered for is cut in the course of things.
    if (lostAs.every((each) => each === 'maybe-acknowledged')) this.#runtime.logger.info(facts, what)
    else this.#runtime.logger.warn(facts, what)
  }

  async #done(id: string): Promise<void> {
    const receipt = this.receipts.get(id)
    if (receipt === null || receipt.cut === null) return
    await this.receipts.replace([{ ...receipt, cut: { ...receipt.cut, state: 'done' } }])
  }

  #unfinished({ topicId, partition }: CutPartition): Receipt | null {
    const isIt = (each: Receipt): boolean => each.topicId === topicId && each.partition === partition
    return this.receipts.list().find((each) => each.cut?.state === 'cutting' && isIt(each)) ?? null
  }

  get #oneCutMax(): number {
    return Math.floor(this.#bounds.bytesMax * oneCutShare)
  }

  /** Receipts whose bytes may go, oldest first. */
  #lettable(): Receipt[] {
    return this.receipts.list().filter(({ cut }) => cut?.state === 'done' && cut.kept !== null)
  }

  async #makeRoom(): Promise<void> {
    let over = keptBytes(this.receipts.list()) + this.#keeping - this.#bounds.bytesMax
    const going: Receipt[] = []
    for (const receipt of this.#lettable()) {
      if (over <= 0) break
      over -= receipt.cut?.kept?.bytes ?? 0
      going.push(receipt)
    }
    await this.#letGo(going)
  }

  /** The receipts first: of a file without a receipt a start takes care. */
  async #letGo(receipts: readonly Receipt[]): Promise<void> {
    if (receipts.length === 0) return
    const without = receipts.map((each) => ({ ...each, cut: each.cut === null ? null : { ...each.cut, kept: null } }))
    await this.receipts.replace(without)
    for (const { cut } of receipts) {
      const file = cut?.kept?.file
      if (file !== undefined) await this.files.remove(file)
    }
  }
}

/** Has what one replica cuts written down, and then cuts it. */
export interface ReplicaReceipts {
  /** Rejects with a `DiskFault` or `LogReadFault` where that cannot be written: then nothing is cut. */
  cut(log: CutLog, planned: PlannedCut, rules?: ReceiptRules): Promise<void>
}

/** Of logs whose cuts concern nobody: that of the metadata, and those of tests. */
export const noReceipts: ReplicaReceipts = { cut: (log, planned) => carryOut(log, planned) }

async function carryOut(
  log: CutLog,
  { at, beginsAnewAt, epochBelow }: Pick<PlannedCut, 'at' | 'beginsAnewAt' | 'epochBelow'>,
): Promise<void> {
  if (beginsAnewAt === null) await log.truncateTo(at)
  else await log.restartAt(beginsAnewAt, epochBelow)
}

function keptBytes(receipts: readonly Receipt[]): number {
  return receipts.reduce((sum, { cut }) => sum + (cut?.kept?.bytes ?? 0), 0)
}

function epochsOf({ epochs, logEndOffset }: CutLog, from: Offset): CutFacts['epochs'] {
  return epochs.entries.flatMap(({ epoch, startOffset }, at) => {
    const to = epochs.entries[at + 1]?.startOffset ?? logEndOffset
    return to > from ? [{ epoch, from: Math.max(startOffset, from), to }] : []
  })
}

function rangesOf({ watermark, aboveAs }: PlannedCut, from: Offset, to: Offset): LostRange[] {
  const boundary = Math.min(Math.max(watermark ?? from, from), to)
  const below: LostRange = { from, to: boundary, lostAs: 'below-watermark' }
  const above: LostRange = { from: boundary, to, lostAs: aboveAs }
  return [...(boundary > from ? [below] : []), ...(to > boundary ? [above] : [])]
}
