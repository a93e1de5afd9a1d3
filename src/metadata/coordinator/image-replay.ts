import { asBuffer } from '../../codec/as-buffer.ts'
import { LogReadFault } from '../../log/log-faults.ts'
import type { Offset } from '../../record/offset.ts'
import { batchesIn, recordsIn } from '../../record/record-reader.ts'
import { OffsetWaits } from '../../replica/offset-waits.ts'
import type { Replica } from '../../replica/replica.ts'
import { DiskFault } from '../../runtime/disk.ts'
import { invariant } from '../../runtime/invariant.ts'
import type { ClusterImage } from '../image.ts'
import { recordsBetween } from '../snapshot/records-between.ts'
import type { LoadedSnapshot } from '../snapshot/snapshot-folder.ts'
import type { ReplayedBatch } from '../snapshot/snapshot-taker.ts'
import { decodeMetadataRecord, type MetadataRecord } from '../records.ts'
import { CoordinatorUnavailable, type MetadataApplier } from './coordinator.ts'

const readBytes = 1024 * 1024

/** States of the image that were written down: with one replay begins, and goes on where the log has nothing any more. */
export interface ImageSnapshots {
  /** The newest; null: there is none. */
  load(): Promise<LoadedSnapshot | null>
  /** Called between two batches: the image is the state of the log at the end of this one. */
  replayed(image: ClusterImage, batch: ReplayedBatch): void
}

/**
 * Brings the image up to the committed end of the metadata log, on every broker: it begins with the newest snapshot, and what
 * lies below this replica's watermark is replayed in order. One batch is in effect here before the next is looked at.
 *
 * catching up ⇄ waiting for the watermark, or for what is damaged to be repaired; held: the image does not move; failed, when something cannot be read or put
 * into effect; stopped.
 */
export class ImageReplay {
  readonly image: ClusterImage
  readonly #replica: Replica
  readonly #snapshots: ImageSnapshots | null
  readonly #waits = new OffsetWaits<CoordinatorUnavailable>()
  readonly #onMoved = (): void => {
    this.#isStuck = false
    this.#go()
  }
  readonly #onFailed: (error: Error) => void
  #apply: MetadataApplier = async () => {}
  #next: Offset = 0
  #hasBegun = false
  #work: Promise<void> | null = null
  #isHeld = false
  #isOver = false
  /** What comes next is damaged: it is tried again when the watermark moves. */
  #isStuck = false

  constructor(parts: {
    image: ClusterImage
    replica: Replica
    snapshots: ImageSnapshots | null
    onFailed: (error: Error) => void
  }) {
    this.image = parts.image
    this.#replica = parts.replica
    this.#snapshots = parts.snapshots
    this.#onFailed = parts.onFailed
  }

  /** Everything below is replayed and in effect. */
  get inEffectUpTo(): Offset {
    return this.#next
  }

  start(): void {
    this.#replica.watch(this.#onMoved)
    this.#go()
  }

  /** From the next batch on, records are put into effect through `apply`. */
  applyWith(apply: MetadataApplier): void {
    this.#apply = apply
  }

  /** Resolves once everything below `upTo` is in effect; rejects when that will not be. */
  whenInEffect(upTo: Offset): Promise<void> {
    if (this.#next >= upTo) return Promise.resolve()
    if (this.#isOver) return Promise.reject(new CoordinatorUnavailable('it has stopped'))
    return new Promise((resolve, reject) => {
      this.#waits.add(upTo, (refusal) => (refusal === null ? resolve() : reject(refusal)))
    })
  }

  /** The image stays as it is from when this resolves until `release`. */
  async hold(): Promise<void> {
    this.#isHeld = true
    while (this.#work !== null) await this.#work
  }

  release(): void {
    this.#isHeld = false
    this.#go()
  }

  /** Resolves when what is under way is in effect; nothing follows. */
  async stop(): Promise<void> {
    this.#end('it has stopped')
    while (this.#work !== null) await this.#work
  }

  #end(why: string): void {
    this.#isOver = true
    this.#replica.unwatch(this.#onMoved)
    this.#waits.refuseAll(new CoordinatorUnavailable(why))
  }

  #go(): void {
    if (this.#work !== null || !this.#mayGoOn()) return
    this.#work = this.#catchUp()
      .catch((error: unknown) => {
        if (!this.#waitsForRepair(error)) this.#fail(error)
      })
      .finally(() => {
        this.#work = null
        if (!this.#isStuck) this.#go()
      })
  }

  #mayGoOn(): boolean {
    return !this.#isHeld && !this.#isOver && this.#replica.highWatermark > this.#next
  }

  /** A damaged part of the log comes back from its leader, and the watermark with it. */
  #waitsForRepair(error: unknown): boolean {
    this.#isStuck = error instanceof LogReadFault && error.code === 'damaged' && this.#replica.isSuspect
    return this.#isStuck
  }

  #fail(error: unknown): void {
    const known = error instanceof Error ? error : new Error(String(error))
    this.#end(known.message)
    // A disk that cannot be read leaves the image as it was: this broker goes on with it, as one that is cut off would.
    if (!(error instanceof LogReadFault || error instanceof DiskFault)) this.#onFailed(known)
  }

  async #catchUp(): Promise<void> {
    while (this.#mayGoOn()) {
      const isBelow = (): boolean => this.#next < this.#replica.log.logStartOffset
      if (!this.#hasBegun || isBelow()) await this.#takeUpSnapshot()
      if (!this.#mayGoOn()) return
      try {
        await this.#replayFromLog()
      } catch (error) {
        // The log began anew above it meanwhile.
        if (!(error instanceof LogReadFault) || !isBelow()) throw error
      }
    }
  }

  /** Makes of the image what the newest snapshot tells, where that is more, as if the records in between had told so. */
  async #takeUpSnapshot(): Promise<void> {
    const loaded = (await this.#snapshots?.load()) ?? null
    this.#hasBegun = true
    const { logStartOffset } = this.#replica.log
    const endOffset = loaded?.endOffset ?? 0
    invariant(Math.max(endOffset, this.#next) >= logStartOffset, 'nothing tells of the state below the log start', {
      next: this.#next,
      logStartOffset,
    })
    if (loaded === null || endOffset <= this.#next) return
    const records = [...recordsBetween(this.image, loaded.image)]
    for (const record of records) this.image.replay(record, endOffset)
    await this.#apply(records)
    this.#next = endOffset
    this.#waits.advance(endOffset)
  }

  async #replayFromLog(): Promise<void> {
    const { log, highWatermark } = this.#replica
    const slice = await log.read({ from: this.#next, upTo: highWatermark, maxBytes: readBytes, minOneBatch: true })
    try {
      invariant(slice.bytes > 0, 'nothing to read below the watermark', { next: this.#next, highWatermark })
      const [first, second] = slice.buffers
      const bytes = first !== undefined && second === undefined ? asBuffer(first) : Buffer.concat(slice.buffers)
      await this.#replay(bytes)
    } finally {
      slice.release()
    }
  }

  async #replay(bytes: Buffer): Promise<void> {
    for (const batch of batchesIn(bytes)) {
      if (!this.#mayGoOn()) return
      const end = batch.nextOffset
      if (!batch.isControl) {
        const records: MetadataRecord[] = []
        for (const { offset, value } of await recordsIn(batch)) {
          invariant(value !== null, 'a metadata record without a value', { offset })
          const record = decodeMetadataRecord(value)
          this.image.replay(record, offset)
          records.push(record)
        }
        await this.#apply(records)
      }
      this.#next = end
      this.#waits.advance(end)
      const { partitionLeaderEpoch: epoch, maxTimestamp: timestamp, sizeBytes } = batch
      this.#snapshots?.replayed(this.image, { endOffset: end, epoch, timestamp, bytes: sizeBytes })
    }
  }
}
