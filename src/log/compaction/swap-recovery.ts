import type { Offset } from '../../record/offset.ts'
import type { Disk } from '../../runtime/disk.ts'
import type { Logger } from '../../runtime/logger.ts'
import { walkBatches } from '../batch-walk.ts'
import { batchFormat } from '../entry-format.ts'
import type { FileHandles } from '../file-handles.ts'
import { type SegmentFileKind, segmentFileName } from '../segment-files.ts'
import { cleanedSuffix } from './cleaned-segment.ts'
import { renameInOrder, swapSuffix } from './segment-swap.ts'

interface Folder {
  readonly disk: Disk
  readonly directory: string
  readonly logger: Logger
  readonly files: FileHandles
}

const kinds: readonly SegmentFileKind[] = ['.log', '.index', '.timeindex', '.txnindex']
const segmentFile = /^(\d{20})\.(?:log|index|timeindex|txnindex)$/

/**
 * Carries out the swaps that a crash has interrupted, before anything else is made of the files in a log's folder. Resolves with
 * whether any was. A `.log.swap` is whole, and takes the place of all segments from its base offset up to where it ends:
 * Trilog's reach to the last offset that they replace, Kafka's nearly so. Beside a `.cleaned` of the same offset or a lower
 * one it counts for nothing, as in Kafka: then none was replaced yet.
 */
export async function recoverSwaps(folder: Folder, names: readonly string[]): Promise<boolean> {
  const isThere = new Set(names)
  const firstCleaned = Math.min(...names.filter((name) => name.endsWith(cleanedSuffix)).map(offsetOf))
  const bases = names.filter((name) => name.endsWith(`.log${swapSuffix}`)).map(offsetOf)
  let recovered = false
  for (const base of bases.sort((a, b) => a - b)) {
    if (Number.isNaN(base) || base >= firstCleaned) continue
    const { end, isGood } = await endOf(folder, base)
    // One that is bad is no reason to give up what it was made from, if that is still there.
    if (!isGood && isThere.has(segmentFileName(base, '.log'))) continue
    folder.logger.info({ directory: folder.directory, base, end }, 'an interrupted compaction is carried out')
    await takeOver(folder, isThere, { base, end })
    recovered = true
  }
  return recovered
}

async function takeOver(
  { disk, directory }: Folder,
  isThere: ReadonlySet<string>,
  { base, end }: { base: Offset; end: Offset },
): Promise<void> {
  const swapped = kinds.filter((kind) => isThere.has(`${segmentFileName(base, kind)}${swapSuffix}`))
  for (const name of isThere) {
    if (!segmentFile.test(name)) continue
    const offset = offsetOf(name)
    if (offset < base || offset >= Math.max(end, base + 1)) continue
    // The new one's index has its name already, and the old one is gone.
    const isNew = offset === base && !name.endsWith('.log') && !isThere.has(`${name}${swapSuffix}`)
    if (!isNew) await disk.remove(`${directory}/${name}`)
  }
  await disk.syncDirectory(directory)
  const indexes = swapped.filter((kind) => kind !== '.log')
  await renameInOrder({ disk, directory, baseOffset: base }, { kinds: indexes, from: swapSuffix, to: '' })
}

async function endOf({ directory, files }: Folder, base: Offset): Promise<{ end: Offset; isGood: boolean }> {
  const path = `${directory}/${segmentFileName(base, '.log')}${swapSuffix}`
  let nextOffset = base
  const end = await files.use(path, async (file) => {
    const upTo = await file.size()
    const walk = { file, format: batchFormat, from: 0, upTo, checkCrc: true, buffers: files.buffers }
    const walked = await walkBatches(walk, (header) => {
      if (header.baseOffset < nextOffset) return false
      nextOffset = header.nextOffset
      return true
    })
    return walked.end
  })
  await files.drop(path)
  return { end: nextOffset, isGood: end === 'end' }
}

function offsetOf(name: string): Offset {
  return Number(/^\d{20}/.exec(name)?.[0] ?? Number.NaN)
}
