import { crc32c } from '../codec/crc32c.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'

/**
 * One small file of facts that Trilog keeps beside Kafka's: a line of JSON and a line with its CRC-32C, replaced as a
 * whole and fsynced.
 */
export class LogDirectoryFile {
  readonly #disk: Disk
  readonly path: string

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.path = path
  }

  async read(): Promise<{ state: 'missing' | 'damaged' } | { state: 'whole'; facts: unknown }> {
    const bytes = await readFileIfThere(this.#disk, this.path)
    if (bytes === null) return { state: 'missing' }
    const [json, crc] = Buffer.from(bytes).toString('utf8').split('\n')
    if (json === undefined || crc !== crcOf(json)) return { state: 'damaged' }
    return { state: 'whole', facts: JSON.parse(json) }
  }

  async write(facts: object): Promise<void> {
    const json = JSON.stringify(facts)
    await this.#disk.writeFileAtomic(this.path, Buffer.from(`${json}\n${crcOf(json)}\n`))
  }
}

const crcOf = (json: string): string => crc32c(Buffer.from(json)).toString(16).padStart(8, '0')

export async function readFileIfThere(disk: Disk, path: string): Promise<Uint8Array | null> {
  try {
    return await disk.readFile(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path)
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

const isMissing = (error: unknown): boolean => error instanceof DiskFault && error.code === 'ENOENT'
