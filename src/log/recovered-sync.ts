import type { Position } from '../record/offset.ts'
import type { DiskFile } from '../runtime/disk.ts'
import type { LogParts } from './log-parts.ts'

/** What a crash left in the page cache counts as stored from now on, so it is made durable first. */
export async function syncRecovered(parts: LogParts, { writeAgain }: { writeAgain: boolean }): Promise<void> {
  for (const segment of parts.segments.all) {
    if (segment.syncedBytes === segment.writtenBytes) continue
    await parts.files.use(segment.path, async (file) => {
      if (writeAgain) await writeInPlace(file, segment.writtenBytes)
      await file.sync()
    })
    segment.syncedBytes = segment.writtenBytes
  }
  await parts.disk.syncDirectory(parts.directory)
}

/** After a failed fsync the system shows pages as synced that the disk has not: only a new write makes it try again. */
async function writeInPlace(file: DiskFile, upTo: Position): Promise<void> {
  const buffer = Buffer.alloc(Math.min(upTo, 1024 * 1024))
  for (let at = 0; at < upTo; at += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, upTo - at))
    await file.read(part, at)
    await file.write([part], at)
  }
}
