import { batchesIn } from '../src/record/record-reader.ts'
import type { Replica } from '../src/replica/replica.ts'
import type { SimDiskImage } from '../src/runtime/sim/sim-disk-image.ts'
import type { SimInode } from '../src/runtime/sim/sim-inode.ts'
import type { SimRandom } from '../src/runtime/sim/sim-random.ts'

const dataFolder = '/data'

/** A byte of a segment that is not what was written. */
interface Rot {
  readonly folder: string
  readonly base: number
  readonly path: string
  readonly file: SimInode
  readonly position: number
  readonly byte: number
}

interface SegmentFile {
  readonly folder: string
  readonly base: number
  readonly path: string
  readonly file: SimInode
}

/** What befalls the files of a broker's partitions, the metadata log's included, beside what a crash or a power cut does. */
export class DiskDamage {
  readonly #disk: SimDiskImage
  readonly #random: SimRandom
  #rotten: Rot[] = []

  constructor(disk: SimDiskImage, random: SimRandom) {
    this.#disk = disk
    this.#random = random
  }

  /** Flips a bit in a segment. False: there is none with anything in it. */
  rot(): boolean {
    const segments = this.#segments().filter(({ file }) => file.size > 0)
    if (segments.length === 0) return false
    const segment = this.#random.pick(segments)
    const { file, path } = segment
    const position = this.#random.integer(file.size)
    if (looksTornThen(file, position) || isAnyones(segment, position)) return false
    this.#disk.flipBit(path, position)
    this.#rotten.push({ ...segment, position, byte: byteAt(file, position) })
    return true
  }

  /** Deletes a partition's folder. The process must be down. */
  deleteFolder(): boolean {
    const folders = [...new Set(this.#segments().map(({ folder }) => folder))]
    if (folders.length === 0) return false
    this.#disk.names.unlink(`${dataFolder}/${this.#random.pick(folders)}`, 'delete')
    return true
  }

  /** Takes some bytes off the last batch of a partition. After a clean stop only: of a kill it is what happens to a write under way. */
  tear(): boolean {
    const newest = new Map(this.#segments().map((segment) => [segment.folder, segment]))
    const torn = [...newest.values()].filter(({ file }) => file.size > 0)
    if (torn.length === 0) return false
    const { file } = this.#random.pick(torn)
    const last = lastBatchOf(file)
    file.truncate(file.size - 1 - this.#random.integer(Math.max(1, file.size - last - 1)))
    return true
  }

  /** Whether rotten bytes are still there that the broker knows nothing of, or has not got rid of. */
  isRotten(replicas: readonly Replica[]): boolean {
    this.#rotten = this.#rotten.filter((rot) => this.#isThere(rot) && !isSetAside(rot, replicas))
    return this.#rotten.length > 0
  }

  #isThere({ path, file, position, byte }: Rot): boolean {
    return this.#disk.names.find(path) === file && position < file.size && byteAt(file, position) === byte
  }

  /** In the order of their names. */
  #segments(): SegmentFile[] {
    const root = this.#disk.names.find(dataFolder)
    if (root?.kind !== 'directory') return []
    return [...root.entries].flatMap(([folder, entry]) => {
      if (entry.kind !== 'directory' || !/^.+-\d+$/.test(folder)) return []
      const names = [...entry.entries.keys()].filter((name) => name.endsWith('.log')).sort()
      return names.flatMap((name) => {
        const file = entry.entries.get(name)
        const path = `${dataFolder}/${folder}/${name}`
        return file?.kind === 'file' ? [{ folder, base: Number(name.slice(0, -4)), path, file }] : []
      })
    })
  }
}

/** Damage below the log start harms nobody, and stays until its segment goes. */
function isSetAside({ folder, base, position }: Rot, replicas: readonly Replica[]): boolean {
  const replica = replicas.find(({ topic, partition }) => `${topic}-${partition}` === folder)
  if (replica === undefined || replica.isDamaged) return false
  return replica.log.damage.some((range) => {
    return range.segmentBaseOffset === base && range.position <= position && position < range.endPosition
  })
}

/** In the length of the last batch a flipped bit makes it look as if a kill had torn it: nobody can tell. */
function looksTornThen(file: SimInode, position: number): boolean {
  const inLast = position - lastBatchOf(file)
  return inLast >= 8 && inLast < 12
}

/** In the log of the groups' offsets, which is compacted, an offset may be any: nobody can tell that it is another. */
function isAnyones({ folder, file }: SegmentFile, position: number): boolean {
  if (!folder.startsWith('__consumer_offsets')) return false
  for (const { at } of batchesIn(Buffer.from(file.bytes()))) if (position >= at && position < at + 8) return true
  return false
}

function lastBatchOf(file: SimInode): number {
  let last = 0
  for (const { at } of batchesIn(Buffer.from(file.bytes()))) last = at
  return last
}

function byteAt(file: SimInode, position: number): number {
  const byte = new Uint8Array(1)
  file.read(byte, position)
  return byte[0] as number
}
