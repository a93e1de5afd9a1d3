import { asBuffer } from '../../codec/as-buffer.ts'
import { LogReadFault } from '../../log/log-faults.ts'
import type { Offset } from '../../record/offset.ts'
import { batchesIn, readRecords } from '../../record/record-reader.ts'
import { OffsetWaits } from '../../replica/offset-waits.ts'
import type { Replica } from '../../replica/replica.ts'
import { DiskFault } from '../../runtime/disk.ts'
import { invariant } from '../../runtime/invariant.ts'
import type { ClusterImage } from '../image.ts'
import { decodeMetadataRecord, type MetadataRecord } from '../records.ts'
import { CoordinatorUnavailable, type MetadataApplier } from './coordinator.ts'

const readBytes = 1024 * 1024

/**
 * Brings the image up to the committed end of the metadata log, on every broker: what lies below this replica's watermark is
 * replayed in order, and one batch is in effect here before the next is looked at.
 *
 * catching up ⇄ waiting for the watermark, or for what is damaged to be repaired; held: the image does not move; failed, when something cannot be read or put
 * into effect; stopped.
 */
export class ImageReplay {
  readonly image: ClusterImage
  readonly #replica: Replica
  readonly #waits = new OffsetWaits<CoordinatorUnavailable>()
  readonly #onMoved = (): void => {
    this.#isStuck = false
    this.#go()
  }
  readonly #onFailed: (error: Error) => void
  #apply: MetadataApplier = async () => {}
  #next: Offset
  #work: Promise<void> | null = null
  #isHeld = false
  #isOver = false
  /** What comes next is damaged: it is tried again when the watermark moves. */
  #isStuck = false

  constructor(parts: { image: ClusterImage; replica: Replica; onFailed: (error: Error) => void }) {
    this.image = parts.image
    this.#replica = parts.replica
    this.#onFailed = parts.onFailed
    this.#next = parts.replica.log.logStartOffset
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
  }

  async #replay(bytes: Buffer): Promise<void> {
    for (const batch of batchesIn(bytes)) {
      if (!this.#mayGoOn()) return
      const end = batch.nextOffset
      if (!batch.isControl) {
        const records: MetadataRecord[] = []
        for (const { offset, value } of await readRecords(batch)) {
          invariant(value !== null, 'a metadata record without a value', { offset })
          const record = decodeMetadataRecord(value)
          this.image.replay(record, offset)
          records.push(record)
        }
        await this.#apply(records)
      }
      this.#next = end
      this.#waits.advance(end)
    }
  }
}
