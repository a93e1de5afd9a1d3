import { existsSync } from 'node:fs'
import { plausibleBatchSize } from '../log/entry-format.ts'
import { BatchHeader, batchHeaderBytes } from '../record/batch-header.ts'
import type { Disk, DiskFile } from '../runtime/disk.ts'

/** Finds single batches of a segment by their headers, without reading what lies between. */
export class BatchSteps {
  readonly #file: DiskFile

  private constructor(file: DiskFile) {
    this.#file = file
  }

  /** Null: there is no such segment. */
  static async open(disk: Disk, path: string): Promise<BatchSteps | null> {
    return existsSync(path) ? new BatchSteps(await disk.open(path, 'read')) : null
  }

  /** The header of the batch that begins at `position`; null where none can. */
  async at(position: number): Promise<BatchHeader | null> {
    const bytes = Buffer.alloc(batchHeaderBytes)
    const read = await this.#file.read(bytes, position)
    return read < batchHeaderBytes || plausibleBatchSize(bytes, 0) === null ? null : new BatchHeader(bytes)
  }

  /** The batch that ends at `offset`, at or behind the one that begins at `from`; null: none does. */
  async endingAt(offset: number, from: number): Promise<BatchHeader | null> {
    let position = from
    for (;;) {
      const header = await this.at(position)
      if (header === null || header.lastOffset > offset) return null
      if (header.lastOffset === offset) return header
      position += header.sizeBytes
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
