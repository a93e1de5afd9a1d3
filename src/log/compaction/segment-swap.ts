import type { Disk } from '../../runtime/disk.ts'
import type { LogParts } from '../log-parts.ts'
import { setFilesAside } from '../segment-removal.ts'
import type { Segment } from '../segment.ts'
import { type SegmentFileKind, segmentFileName } from '../segment-files.ts'
import { cleanedSuffix } from './cleaned-segment.ts'

/** A segment that is whole and durable, and not yet in the place of those that it replaces. Kafka's name for it. */
export const swapSuffix = '.swap'

const indexKinds: readonly SegmentFileKind[] = ['.index', '.timeindex', '.txnindex']

/**
 * Makes it certain that the cleaned segment, which is whole and durable as `.cleaned`, takes the place of the others: from here
 * on every start carries the swap out (see `recoverSwaps`). Until here a crash leaves the log as it was.
 *
 * The segment's own name changes last, when the names of its indexes are durable: whoever finds it finds them.
 */
export async function commitSwap({ disk, directory }: LogParts, cleaned: Segment): Promise<void> {
  const place = { disk, directory, baseOffset: cleaned.baseOffset }
  const kinds = indexKinds.filter((kind) => kind !== '.txnindex' || cleaned.transactions !== null)
  await renameInOrder(place, { kinds, from: cleanedSuffix, to: swapSuffix })
}

/**
 * Puts a committed swap into effect: the old files go (their names, durably, before the new ones come, so that no power cut
 * leaves an index of the one beside a segment of the other), then the new ones get their names. Readers who have an old file
 * open are waited for; whoever comes meanwhile waits, and finds the new segment.
 */
export async function completeSwap(
  parts: LogParts,
  { old, cleaned }: { old: readonly Segment[]; cleaned: Segment },
): Promise<void> {
  const { disk, files, directory, settings } = parts
  const held = [cleaned, ...old].flatMap(({ path, offsetIndex, timeIndex }) => [path, offsetIndex.path, timeIndex.path])
  for (const segment of old) await segment.transactions?.close()
  await files.exchange([...new Set(held)], async () => {
    for (const segment of old) await setFilesAside(parts, segment, settings.fileDeleteDelayMs ?? 0)
    await disk.syncDirectory(directory)
    const kinds = indexKinds.filter((kind) => kind !== '.txnindex' || cleaned.transactions !== null)
    await renameInOrder({ disk, directory, baseOffset: cleaned.baseOffset }, { kinds, from: swapSuffix, to: '' })
  })
}

/** Indexes first, then the segment, each durable before what follows. */
export async function renameInOrder(
  place: { disk: Disk; directory: string; baseOffset: number },
  { kinds, from, to }: { kinds: readonly SegmentFileKind[]; from: string; to: string },
): Promise<void> {
  const { disk, directory, baseOffset } = place
  const pathOf = (kind: SegmentFileKind): string => `${directory}/${segmentFileName(baseOffset, kind)}`
  for (const kind of kinds) await disk.rename(`${pathOf(kind)}${from}`, `${pathOf(kind)}${to}`)
  await disk.syncDirectory(directory)
  await disk.rename(`${pathOf('.log')}${from}`, `${pathOf('.log')}${to}`)
  await disk.syncDirectory(directory)
}
