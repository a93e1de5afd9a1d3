import type { Clock } from '../runtime/clock.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import { restUntil } from '../runtime/rest.ts'

/** The disk of a broker or controller takes nothing more, or is full: others have taken over, and the process ends or starts again. */
export class DiskFailed extends Error {
  constructor(fault: DiskFault) {
    super(`its disk has failed: ${fault.message}`, { cause: fault })
    this.name = 'DiskFailed'
  }
}

/** Worth a start: what a broker writes until others lead less than before, or of a small disk a part. */
const roomBytes = 64 * 1024 * 1024
const roomShare = 0.05
const firstWaitMs = 1_000
const longestWaitMs = 30_000

/**
 * Resolves when the disk below `path` may be tried again: after a second at least, with room on it, and when it takes a file.
 * `isOver`: nobody waits any more.
 */
export async function untilUsable(
  { disk, clock, logger }: { disk: Disk; clock: Clock; logger: Logger },
  path: string,
  isOver: () => boolean,
): Promise<void> {
  for (let waitMs = firstWaitMs; !isOver(); waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    await restUntil(clock, clock.monotonicMs() + waitMs, isOver)
    if (await isUsable(disk, path)) return
    logger.debug({ path, waitMs }, 'the disk is not usable yet')
  }
}

async function isUsable(disk: Disk, path: string): Promise<boolean> {
  const probe = `${path}/trilog-probe`
  try {
    const { freeBytes, totalBytes } = await disk.space(path)
    if (freeBytes < Math.min(roomBytes, totalBytes * roomShare)) return false
    await disk.writeFileAtomic(probe, new Uint8Array(4096))
    await disk.remove(probe)
    return true
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error
    return false
  }
}
