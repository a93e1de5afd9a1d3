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
 * What was noted of a folder's logs at the last clean close, in one file. Of each log it is believed while its files look as they
 * did: also when the process that came after was killed, as most of its logs were not written to. A power cut ends that.
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

  /** Not durably: where it comes back, the boot is another again. */
  remove(): Promise<void> {
    return removeIfThere(this.#disk, this.#path)
  }
}
