import type { Offset } from '../record/offset.ts'
import type { Disk } from '../runtime/disk.ts'
import { readFileIfThere } from './log-directory-file.ts'
import { type PartitionName, partitionKey } from './log-directory-name.ts'

export const recoveryPointName = 'recovery-point-offset-checkpoint'
export const logStartName = 'log-start-offset-checkpoint'
export const cleanedName = 'cleaner-offset-checkpoint'

const version = '0'

export interface CheckpointEntry extends PartitionName {
  readonly offset: Offset
}

/**
 * One offset per partition in Kafka's text form: version, count, then `topic partition offset` lines. Written whole
 * each time, and only when something has changed.
 */
export class OffsetCheckpoint {
  readonly #disk: Disk
  readonly #path: string
  /** What the file says, as far as this process has written it. */
  #written: readonly CheckpointEntry[] | null = null

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** Offsets by `partitionKey`; empty without the file. Null: the file is damaged. */
  async read(): Promise<Map<string, Offset> | null> {
    const bytes = await readFileIfThere(this.#disk, this.#path)
    if (bytes === null || bytes.byteLength === 0) return new Map()
    return decodeOffsetCheckpoint(Buffer.from(bytes).toString('utf8'))
  }

  /** Durable when resolved. */
  async write(entries: readonly CheckpointEntry[]): Promise<void> {
    if (this.#written !== null && areSame(entries, this.#written)) return
    await this.#disk.writeFileAtomic(this.#path, Buffer.from(encodeOffsetCheckpoint(entries)))
    this.#written = entries
  }
}

/** Of thousands of logs, again and again though nothing happens: the text of them would take ten times as long. */
function areSame(some: readonly CheckpointEntry[], others: readonly CheckpointEntry[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ topic, partition, offset }, at) => {
      const other = others[at]
      return offset === other?.offset && partition === other.partition && topic === other.topic
    })
  )
}

export function encodeOffsetCheckpoint(entries: readonly CheckpointEntry[]): string {
  const lines = entries.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`)
  return `${[version, entries.length, ...lines].join('\n')}\n`
}

export function decodeOffsetCheckpoint(text: string): Map<string, Offset> | null {
  const [readVersion, count, ...lines] = text.trimEnd().split(/\r?\n/)
  if (readVersion !== version || Number(count) !== lines.length) return null
  const offsets = new Map<string, Offset>()
  for (const line of lines) {
    const words = /^(\S+) (\d+) (\d+)$/.exec(line)
    const offset = Number(words?.[3])
    if (words === null || !Number.isSafeInteger(offset)) return null
    offsets.set(partitionKey({ topic: words[1] as string, partition: Number(words[2]) }), offset)
  }
  return offsets
}
