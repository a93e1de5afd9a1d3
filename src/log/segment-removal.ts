import { DiskFault } from '../runtime/disk.ts'
import type { LogParts } from './log-parts.ts'
import type { Segment } from './segment.ts'
import { type SegmentFileKind, segmentFileName } from './segment-files.ts'

const kinds: readonly SegmentFileKind[] = ['.log', '.index', '.timeindex', '.txnindex']
/** What a removal that a crash interrupted has left, and compactions that were not to be. */
const leftovers = ['.deleted', '.cleaned', '.swap']

/**
 * Takes a segment out of the log and its files out of the folder, by way of a rename to `.deleted`, so that a crash in
 * between leaves no log without its beginning. Reads that are under way end first. With `delayMs` the renamed files stay
 * for so long.
 */
export async function removeSegment(parts: LogParts, segment: Segment, delayMs = 0): Promise<void> {
  const { files, directory, segments } = parts
  segments.remove(segment)
  await segment.transactions?.close()
  for (const kind of kinds) await files.drop(`${directory}/${segmentFileName(segment.baseOffset, kind)}`)
  await setFilesAside(parts, segment, delayMs)
}

/** Takes the files of a segment out of the folder that nobody has open. */
export async function setFilesAside(parts: LogParts, segment: Segment, delayMs: number): Promise<void> {
  const { disk, directory, removals } = parts
  for (const kind of kinds) {
    const path = `${directory}/${segmentFileName(segment.baseOffset, kind)}`
    if (!(await disk.exists(path))) continue
    await disk.rename(path, `${path}.deleted`)
    if (delayMs > 0 && removals !== null) removals.add(`${path}.deleted`, delayMs)
    else await disk.remove(`${path}.deleted`)
  }
}

/** Removes what an interrupted removal has left in the folder. */
export async function removeLeftovers(
  parts: Pick<LogParts, 'disk' | 'directory'>,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    if (!leftovers.some((ending) => name.endsWith(ending))) continue
    try {
      await parts.disk.remove(`${parts.directory}/${name}`)
    } catch (error) {
      if (!(error instanceof DiskFault && error.code === 'ENOENT')) throw error
    }
  }
}
