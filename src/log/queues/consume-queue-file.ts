import type { Offset } from '../../record/offset.ts'
import { type Disk, DiskFault } from '../../runtime/disk.ts'
import type { FileHandles } from '../file-handles.ts'
import {
  type ConsumeQueueEntry,
  consumeQueueEntryBytes,
  readConsumeQueueEntry,
  writeConsumeQueueEntry,
} from './consume-queue-entry.ts'
import { type QueueName, queueKey } from './queue-name.ts'

const ending = '.queue'

/** One file of a consume queue. `entries` counts those that belong into it, `written` those that are in it. */
export class ConsumeQueueFile {
  readonly path: string
  /** Of the first entry. The file is named by it, in 20 digits. */
  readonly firstOffset: Offset
  entries = 0
  written = 0
  #synced = 0

  constructor(stem: string, firstOffset: Offset) {
    this.path = `${stem}${String(firstOffset).padStart(20, '0')}${ending}`
    this.firstOffset = firstOffset
  }

  get isUnsynced(): boolean {
    return this.#synced < this.written
  }

  async append(files: FileHandles, entries: readonly ConsumeQueueEntry[]): Promise<void> {
    const bytes = Buffer.alloc(entries.length * consumeQueueEntryBytes)
    for (const [i, entry] of entries.entries()) writeConsumeQueueEntry(bytes, i * consumeQueueEntryBytes, entry)
    await files.use(this.path, (file) => file.write([bytes], this.written * consumeQueueEntryBytes), 'create')
    this.written += entries.length
  }

  async sync(files: FileHandles): Promise<void> {
    const { written } = this
    if (this.#synced === written) return
    await files.use(this.path, (file) => file.sync())
    this.#synced = written
  }

  /** Keeps so many entries; false: there are fewer. What is kept was durable before. */
  async cutTo(files: FileHandles, entries: number): Promise<boolean> {
    const bytes = entries * consumeQueueEntryBytes
    if (this.written === entries && this.entries === entries) return true
    const isThere = await files.use(
      this.path,
      async (file) => {
        const size = await file.size()
        if (size < bytes) return false
        if (size > bytes) await file.truncate(bytes)
        return true
      },
      'create',
    )
    if (!isThere) return false
    this.entries = entries
    this.written = entries
    this.#synced = entries
    return true
  }

  /** At most `count` entries from the place `from` on, as far as they are written. */
  async read(files: FileHandles, from: number, count: number): Promise<ConsumeQueueEntry[]> {
    const bytes = Buffer.alloc(Math.min(count, this.written - from) * consumeQueueEntryBytes)
    const read = await files.use(this.path, (file) => file.read(bytes, from * consumeQueueEntryBytes))
    const whole = Math.floor(read / consumeQueueEntryBytes)
    if (whole * consumeQueueEntryBytes < bytes.length) {
      throw new DiskFault({ code: 'EIO', path: this.path, operation: 'read' })
    }
    return Array.from({ length: whole }, (_, i) => readConsumeQueueEntry(bytes, i * consumeQueueEntryBytes))
  }

  async remove(files: FileHandles, disk: Disk): Promise<void> {
    await files.drop(this.path)
    try {
      await disk.remove(this.path)
    } catch (error) {
      // Nothing of it was ever written.
      if (!(error instanceof DiskFault && error.code === 'ENOENT')) throw error
    }
  }
}

/** How the names of a queue's files begin, up to their offsets. In hexadecimal: not every disk tells `a` from `A`. */
export function consumeQueueStem({ topicId, partition }: QueueName): string {
  return `${Buffer.from(topicId, 'base64url').toString('hex')}-${partition}.`
}

/** The consume queues whose files are among these names, by `queueKey`, with the offsets that their files begin at. */
export function consumeQueuesIn(names: readonly string[]): Map<string, Offset[]> {
  const found = new Map<string, Offset[]>()
  for (const name of names) {
    const words = /^([0-9a-f]{32})-(0|[1-9]\d{0,9})\.(\d{20})\.queue$/.exec(name)
    if (words === null || !Number.isSafeInteger(Number(words[3]))) continue
    const topicId = Buffer.from(words[1] as string, 'hex').toString('base64url')
    const key = queueKey({ topicId, partition: Number(words[2]) })
    found.set(key, [...(found.get(key) ?? []), Number(words[3])])
  }
  return found
}
