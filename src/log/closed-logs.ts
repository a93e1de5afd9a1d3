import type { Disk } from '../runtime/disk.ts'
import type { LogAsClosed } from './log-as-closed.ts'
import { LogDirectoryFile, removeIfThere } from './log-directory-file.ts'
import { type PartitionName, partitionKey } from './log-directory-name.ts'

const fileName = 'trilog-closed-logs.json'
const version = 1

/** One log, as it was closed. */
export interface NotedLog {
  readonly replica: PartitionName
  readonly asClosed: LogAsClosed
}

/**
 * What was noted of a folder's logs when they were closed, in one file beside the clean mark. It is believed only with the
 * mark, and goes before it; of each log only what its files still look like.
 */
export class ClosedLogs {
  readonly #disk: Disk
  readonly #path: string
  #logs = new Map<string, LogAsClosed>()

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#path = `${directory}/${fileName}`
  }

  /** A file that is missing, damaged or of another version says nothing. */
  async load(): Promise<void> {
    const read = await new LogDirectoryFile(this.#disk, this.#path).read()
    if (read.state !== 'whole') return
    const facts = read.facts as { version: number; logs: [string, LogAsClosed][] }
    if (facts.version === version) this.#logs = new Map(facts.logs)
  }

  of(name: PartitionName): LogAsClosed | null {
    return this.#logs.get(partitionKey(name)) ?? null
  }

  /** All logs are open: what was noted is out of date. */
  forget(): void {
    this.#logs = new Map()
  }

  /** Durable when resolved. */
  async write(logs: readonly NotedLog[]): Promise<void> {
    const noted = logs.map(({ replica, asClosed }) => [partitionKey(replica), asClosed])
    await new LogDirectoryFile(this.#disk, this.#path).write({ version, logs: noted })
  }

  /** Gone, and durably so once the folder is synced. */
  remove(): Promise<void> {
    return removeIfThere(this.#disk, this.#path)
  }
}
