import type { Disk } from './disk.ts'

/** Replaces a file so that it is whole, old or new, whatever happens meanwhile. See `Disk.writeFileAtomic`. */
export type WriteFileAtomic = (path: string, bytes: Uint8Array) => Promise<void>

/**
 * Write temp, sync, rename, sync folder. Calls for one path run one after the other: two at once would write into the
 * same temp file. A temp file that a crash left behind (`<path>.tmp`) is overwritten by the next call.
 */
export function writeFileAtomicOn(disk: Pick<Disk, 'open' | 'rename' | 'syncDirectory'>): WriteFileAtomic {
  const lastOf = new Map<string, Promise<void>>()

  async function replace(path: string, bytes: Uint8Array): Promise<void> {
    const temporary = `${path}.tmp`
    const file = await disk.open(temporary, 'truncate')
    try {
      await file.write([bytes], 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(temporary, path)
    await disk.syncDirectory(parentOf(path))
  }

  return (path, bytes) => {
    const before = lastOf.get(path) ?? Promise.resolve()
    const mine = before.then(
      () => replace(path, bytes),
      () => replace(path, bytes),
    )
    lastOf.set(path, mine)
    const forget = () => {
      if (lastOf.get(path) === mine) lastOf.delete(path)
    }
    mine.then(forget, forget)
    return mine
  }
}

/** The folder that holds `path`. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash)
}
