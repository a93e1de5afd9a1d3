import type { Offset, Timestamp } from '../record/offset.ts'
import type { Disk } from '../runtime/disk.ts'

/**
 * What a partition has lost, or may have. With `kind` `bounds` the bytes are gone with the disk's cache, and nobody can
 * say how many there were: the range is open upwards where `to` is null.
 */
export interface Receipt {
  readonly id: string
  readonly atMs: Timestamp
  readonly topic: string
  readonly partition: number
  readonly kind: 'bounds'
  /** First offset that may be lost. */
  readonly from: Offset
  readonly to: Offset | null
  /** Why, in words. */
  readonly reason: string
}

/** A file beside the logs, so that Kafka's own tools, which look at folders, pass it over. */
const fileName = 'trilog-receipts.json'

/** The receipts of one broker, kept on its disk. */
export class Receipts {
  readonly #disk: Disk
  readonly #path: string
  #all: Receipt[]

  private constructor(disk: Disk, path: string, all: Receipt[]) {
    this.#disk = disk
    this.#path = path
    this.#all = all
  }

  static async open(disk: Disk, folder: string): Promise<Receipts> {
    const path = `${folder}/${fileName}`
    if (!(await disk.exists(path))) return new Receipts(disk, path, [])
    const all: unknown = JSON.parse(Buffer.from(await disk.readFile(path)).toString('utf8'))
    if (!Array.isArray(all)) throw new Error(`${path} holds no list of receipts`)
    return new Receipts(disk, path, all as Receipt[])
  }

  list(): readonly Receipt[] {
    return this.#all
  }

  /** Durable when it resolves. */
  async add(receipts: readonly Receipt[]): Promise<void> {
    this.#all = [...this.#all, ...receipts]
    await this.#disk.writeFileAtomic(this.#path, Buffer.from(`${JSON.stringify(this.#all, null, 2)}\n`))
  }
}
