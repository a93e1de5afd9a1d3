import { entriesIn } from '../log/entries-in.ts'
import { segmentFileName } from '../log/segment-files.ts'
import type { LogSlice } from '../log/log-slice.ts'
import type { Offset } from '../record/offset.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'
import type { CutLog } from './cut-log.ts'
import { eachSlice } from './cut-slices.ts'
import type { KeptBytes } from './receipt.ts'

const keptName = /^\d{20}\.([\w-]{22})\.log$/

/** Begins as the name of a segment does, which is where Kafka's dump tool takes its first offset from. */
const fileOf = (id: string, from: Offset): string => segmentFileName(from, '.log').replace(/log$/, `${id}.log`)

/** Cut bytes, in files beside the logs: one for each receipt. */
export class KeptFiles {
  readonly #disk: Disk
  readonly #folder: string

  constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  /**
   * Copies what `log` holds from `from` on, as whole batches and `bytesMax` at most. Durable, name and all, when it resolves;
   * null: not one batch may be kept.
   */
  async keep(
    id: string,
    log: CutLog,
    { from, bytesMax }: { from: Offset; bytesMax: number },
  ): Promise<KeptBytes | null> {
    const name = fileOf(id, from)
    const file = await this.#disk.open(`${this.#folder}/${name}`, 'truncate')
    let [bytes, to] = [0, from]
    try {
      for await (const slice of eachSlice(log, from)) {
        const whole = bytes + slice.bytes <= bytesMax ? slice : beginningOf(slice, to, bytesMax - bytes)
        await file.write(whole.buffers, bytes)
        bytes += whole.bytes
        to = whole.nextOffset
        if (whole !== slice) break
      }
      await file.sync()
    } finally {
      await file.close()
    }
    if (bytes === 0) {
      await this.remove(name)
      return null
    }
    await this.#disk.syncDirectory(this.#folder)
    return { file: name, from, to, bytes }
  }

  /** Missing is fine: what is to go has gone. */
  async remove(name: string): Promise<void> {
    try {
      await this.#disk.remove(`${this.#folder}/${name}`)
    } catch (error) {
      if (!(error instanceof DiskFault && error.code === 'ENOENT')) throw error
    }
  }

  /** Removes the files of which no receipt tells: a crash came between the two, and nothing was cut. */
  async removeStrays(kept: ReadonlySet<string>): Promise<void> {
    for (const { name, kind } of await this.#disk.list(this.#folder)) {
      if (kind === 'file' && keptName.test(name) && !kept.has(name)) await this.remove(name)
    }
  }

  /** The bytes, in pieces. */
  async *read({ file: name, bytes }: KeptBytes): AsyncGenerator<Buffer> {
    const file = await this.#disk.open(`${this.#folder}/${name}`, 'read')
    try {
      for (let at = 0; at < bytes; ) {
        const piece = Buffer.alloc(Math.min(bytes - at, 1024 * 1024))
        const read = await file.read(piece, at)
        if (read === 0) return
        at += read
        yield piece.subarray(0, read)
      }
    } finally {
      await file.close()
    }
  }
}

type Bytes = Pick<LogSlice, 'buffers' | 'bytes' | 'nextOffset'>

/** As many whole batches as fit. */
function beginningOf(slice: Bytes, from: Offset, bytesMax: number): Bytes {
  const all = Buffer.concat(slice.buffers)
  let [bytes, nextOffset] = [0, from]
  for (const { entry } of entriesIn(all)) {
    if (bytes + entry.sizeBytes > bytesMax) break
    bytes += entry.sizeBytes
    nextOffset = entry.nextOffset
  }
  return { buffers: [all.subarray(0, bytes)], bytes, nextOffset }
}
