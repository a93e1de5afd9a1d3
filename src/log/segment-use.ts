import type { DiskFile } from '../runtime/disk.ts'
import type { FileHandles } from './file-handles.ts'

/** The segment is not the log's any more: it was removed, or others have taken its place. Whoever meets it looks again. */
export class SegmentGone extends Error {
  constructor(path: string) {
    super(`${path} is no part of its log any more`)
    this.name = 'SegmentGone'
  }
}

/**
 * Runs `task` on a file of a segment that is still the log's. The segment must be asked in the same turn in which the file
 * is: another segment may have a file of that name a moment later.
 */
export async function useSegment<T>(
  files: FileHandles,
  segment: { readonly path: string; readonly isDeleted: boolean },
  task: (file: DiskFile) => Promise<T>,
  mode: 'write' | 'create' = 'write',
): Promise<T> {
  if (segment.isDeleted) throw new SegmentGone(segment.path)
  return await files.use(segment.path, task, mode)
}

/** Does it again where a segment went while it was done. Each time one has gone, so it ends. */
export async function overAgainIfGone<T>(task: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await task()
    } catch (error) {
      if (!(error instanceof SegmentGone)) throw error
    }
  }
}
