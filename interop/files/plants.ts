import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { filesOf, kafkaDump } from './kafka-dump.ts'
import { trilogDump } from './trilog-dump.ts'

/** A change of one file that makes it wrong. */
interface Plant {
  readonly what: string
  readonly ending: string
  change(bytes: Buffer): Buffer
}

const plants: readonly Plant[] = [
  { what: 'a flipped bit within the records of a batch', ending: '.log', change: (bytes) => flip(bytes, 150) },
  { what: 'a flipped bit in the length of a batch', ending: '.log', change: (bytes) => flip(bytes, 10) },
  { what: 'a segment cut within its last batch', ending: '.log', change: (bytes) => bytes.subarray(0, -10) },
  { what: 'an index entry one offset too high', ending: '.index', change: (bytes) => flip(bytes, 3) },
  { what: 'an index entry that points within a batch', ending: '.index', change: (bytes) => flip(bytes, 7) },
  { what: 'a time that no record has', ending: '.timeindex', change: (bytes) => flip(bytes, 7) },
  { what: 'a time index that tells of another offset', ending: '.timeindex', change: (bytes) => flip(bytes, 11) },
  { what: 'a flipped bit in a snapshot of producers', ending: '.snapshot', change: (bytes) => flip(bytes, 12) },
]

/** Plants each change in a copy of a partition's folder. Throws when Kafka's tool or Trilog's does not complain about one. */
export async function seePlants(folder: string): Promise<void> {
  for (const { what, ending, change } of plants) {
    const copy = await mkdtemp(join(tmpdir(), 'planted-'))
    try {
      await cp(folder, copy, { recursive: true })
      const changed = filesOf(copy).find((file) => file.endsWith(ending))
      if (changed === undefined) throw new Error(`${folder} has no ${ending}`)
      await writeFile(changed, change(await readFile(changed)))
      const [{ complaints }, { damages }] = await Promise.all([
        kafkaDump(sameSegment(filesOf(copy), changed)),
        trilogDump(copy),
      ])
      if (complaints.length === 0) throw new Error(`kafka-dump-log does not complain about ${what}`)
      if (damages.length === 0) throw new Error(`trilog log dump does not complain about ${what}`)
    } finally {
      await rm(copy, { recursive: true })
    }
  }
}

/** The files of the segment that was changed: the others need not be read again for each plant. */
function sameSegment(files: readonly string[], changed: string): string[] {
  const [base = ''] = basename(changed).split('.')
  return files.filter((file) => basename(file).startsWith(base))
}

function flip(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
  return changed
}
