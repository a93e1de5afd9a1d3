import type { DiskFault, DiskFile } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { HostedLog, LogPlace } from './log-directory.ts'

/** For the tests of LogDirectory: a log as far as the folder cares, one offset a byte, read back at the start. */
export class ByteLog implements HostedLog {
  readonly logStartOffset = 0
  readonly cleanedUpTo = null
  logEndOffset = 0
  flushedUpTo = 0
  fault: DiskFault | null = null
  readonly place: LogPlace
  readonly #runtime: Runtime

  constructor(runtime: Runtime, place: LogPlace) {
    this.#runtime = runtime
    this.place = place
  }

  static async open(runtime: Runtime, place: LogPlace): Promise<ByteLog> {
    const log = new ByteLog(runtime, place)
    await log.#use(async (file) => {
      log.logEndOffset = await file.size()
    })
    log.flushedUpTo = Math.min(place.recoveryPoint, log.logEndOffset)
    return log
  }

  async append(bytes: string): Promise<void> {
    await this.#use((file) => file.write([Buffer.from(bytes)], this.logEndOffset))
    this.logEndOffset += bytes.length
  }

  async flush(): Promise<void> {
    await this.#use((file) => file.sync())
    await this.#runtime.disk.syncDirectory(this.place.directory)
    this.flushedUpTo = this.logEndOffset
  }

  async close(): Promise<void> {
    if (this.fault !== null) throw this.fault
    await this.flush()
  }

  asClosed(): Promise<null> {
    return Promise.resolve(null)
  }

  async #use(work: (file: DiskFile) => Promise<void>): Promise<void> {
    const file = await this.#runtime.disk.open(`${this.place.directory}/00000000000000000000.log`, 'create')
    await work(file)
    await file.close()
  }
}
