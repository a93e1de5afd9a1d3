import { SerialQueue } from '../log/serial-queue.ts'
import type { Disk } from '../runtime/disk.ts'
import type { Receipt } from './receipt.ts'
import { formatReceipts, parseReceipts, receiptsFileName } from './receipts-file.ts'

/** Receipts of one broker, at most: the oldest give way. Configuration's `receipts.max` unless a test says otherwise. */
const countMaxDefault = 1_000

/** The receipts of one broker, in one file of its log directory. */
export class Receipts {
  readonly folder: string
  readonly #disk: Disk
  readonly #path: string
  readonly #countMax: number
  readonly #writes = new SerialQueue()
  /** The write that has not begun, and will hold everything that is there when it does. */
  #nextWrite: Promise<void> | null = null
  #all: readonly Receipt[]

  private constructor(disk: Disk, folder: string, all: readonly Receipt[], countMax: number) {
    this.#disk = disk
    this.folder = folder
    this.#path = `${folder}/${receiptsFileName}`
    this.#all = all
    this.#countMax = countMax
  }

  static async open(disk: Disk, folder: string, countMax = countMaxDefault): Promise<Receipts> {
    const path = `${folder}/${receiptsFileName}`
    if (!(await disk.exists(path))) return new Receipts(disk, folder, [], countMax)
    const text = Buffer.from(await disk.readFile(path)).toString('utf8')
    return new Receipts(disk, folder, parseReceipts(text, path), countMax)
  }

  /** Oldest first. */
  list(): readonly Receipt[] {
    return this.#all
  }

  get(id: string): Receipt | null {
    return this.#all.find((receipt) => receipt.id === id) ?? null
  }

  /** Durable when it resolves. */
  async add(receipts: readonly Receipt[]): Promise<void> {
    this.#all = bounded([...this.#all, ...receipts], this.#countMax)
    await this.#write()
  }

  /** Puts each in the place of the one with its id. Durable when it resolves. */
  async replace(receipts: readonly Receipt[]): Promise<void> {
    const changed = new Map(receipts.map((receipt) => [receipt.id, receipt]))
    this.#all = this.#all.map((receipt) => changed.get(receipt.id) ?? receipt)
    await this.#write()
  }

  /** Those that come while a write is under way share the next one: a failover cuts many logs at once. */
  #write(): Promise<void> {
    this.#nextWrite ??= this.#writes.run(async () => {
      this.#nextWrite = null
      await this.#disk.writeFileAtomic(this.#path, Buffer.from(formatReceipts(this.#all)))
    })
    return this.#nextWrite
  }
}

/** One that a cut waits for stays, however many there are. */
function bounded(receipts: readonly Receipt[], countMax: number): readonly Receipt[] {
  let over = receipts.length - countMax
  return over <= 0 ? receipts : receipts.filter(({ cut }) => cut?.state === 'cutting' || over-- <= 0)
}
