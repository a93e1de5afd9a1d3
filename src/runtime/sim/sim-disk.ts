import { type DirectoryEntry, type Disk, DiskFault, type DiskFile, type FolderLock } from '../disk.ts'
import { parentOf, type WriteFileAtomic, writeFileAtomicOn } from '../write-file-atomic.ts'
import type { SimDiskImage } from './sim-disk-image.ts'
import { SimFile } from './sim-file.ts'
import { SimInode } from './sim-inode.ts'
import type { SimLife } from './sim-life.ts'
import { SimDirectory } from './sim-names.ts'
import type { SimRandom } from './sim-random.ts'

/** What an operation moves, and what is to be done when it does not end well. */
export interface OperationCourse {
  readonly bytes?: number
  /** The process was killed while the operation was under way: do all of it, some, or nothing, as drawn. */
  readonly killed?: (random: SimRandom) => void
  /** The operation met a planned fault. */
  readonly failed?: () => void
}

/** A node's disk as one incarnation of its process sees it. Operations take seeded time and may overtake each other. */
export class SimDisk implements Disk {
  readonly image: SimDiskImage
  readonly nowMs: () => number
  readonly writeFileAtomic: WriteFileAtomic = writeFileAtomicOn(this)
  readonly #life: SimLife

  constructor(life: SimLife, image: SimDiskImage, nowMs: () => number) {
    this.#life = life
    this.image = image
    this.nowMs = nowMs
  }

  /** Does `work` after the time that such an operation takes, unless this life ends before. */
  operate<T>(operation: string, path: string, course: OperationCourse, work: () => T): Promise<T> {
    return this.#life.promise((resolve, reject) => {
      const survived = course.killed === undefined ? null : this.#life.atDeath(() => course.killed?.(this.image.random))
      this.#life.schedule(this.#durationMs(operation, course.bytes ?? 0), () => {
        survived?.()
        try {
          this.#checkFault(operation, path, course)
          resolve(work())
        } catch (error) {
          if (!(error instanceof DiskFault)) throw error
          reject(error)
        }
      })
    })
  }

  open(path: string, mode: 'read' | 'write' | 'create' | 'truncate'): Promise<DiskFile> {
    return this.operate('open', path, {}, () => {
      let inode = this.image.names.find(path)
      if (inode === null && (mode === 'create' || mode === 'truncate')) {
        inode = new SimInode()
        inode.modifiedMs = this.nowMs()
        this.image.names.link(path, inode, 'open')
      }
      const file = this.image.names.file(path, 'open')
      if (mode === 'truncate') file.truncate(0)
      return new SimFile(this, { path, inode: file, writable: mode !== 'read' })
    })
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.operate('read', path, {}, () => this.image.names.file(path, 'read').bytes())
  }

  async makeDirectory(path: string): Promise<void> {
    if (await this.exists(path)) {
      this.image.names.directory(path, 'makeDirectory')
      return
    }
    const parent = parentOf(path)
    if (parent !== path) await this.makeDirectory(parent)
    await this.operate('makeDirectory', path, {}, () => {
      const { names } = this.image
      if (names.find(path) === null) names.link(path, new SimDirectory(), 'makeDirectory')
      else names.directory(path, 'makeDirectory')
    })
    await this.syncDirectory(parent)
  }

  list(path: string): Promise<DirectoryEntry[]> {
    return this.operate('list', path, {}, () => {
      const { entries } = this.image.names.directory(path, 'list')
      return [...entries].map(([name, entry]) => ({ name, kind: entry.kind }))
    })
  }

  exists(path: string): Promise<boolean> {
    return this.operate('exists', path, {}, () => this.image.names.find(path) !== null)
  }

  stat(path: string): Promise<{ size: number; modifiedMs: number }> {
    return this.operate('stat', path, {}, () => {
      const found = this.image.names.find(path)
      if (found === null) throw new DiskFault({ code: 'ENOENT', path, operation: 'stat' })
      return found.kind === 'file' ? { size: found.size, modifiedMs: found.modifiedMs } : { size: 4096, modifiedMs: 0 }
    })
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change('rename', from, () => this.image.names.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return this.#change('remove', path, () => {
      this.image.names.file(path, 'remove')
      this.image.names.unlink(path, 'remove')
    })
  }

  async removeTree(path: string): Promise<void> {
    const found = await this.operate('removeTree', path, {}, () => this.image.names.find(path))
    if (found === null) return
    if (found.kind === 'directory') for (const name of found.entries.keys()) await this.removeTree(`${path}/${name}`)
    await this.#change('removeTree', path, () => this.image.names.unlink(path, 'removeTree'))
  }

  async syncDirectory(path: string): Promise<void> {
    const finish = await this.operate('openDirectory', path, {}, () =>
      this.image.names.beginSync(this.image.names.directory(path, 'syncDirectory')),
    )
    await this.operate('syncDirectory', path, {}, finish)
  }

  space(path: string): Promise<{ freeBytes: number; totalBytes: number }> {
    return this.operate('space', path, {}, () => {
      const totalBytes = Number.isFinite(this.image.capacityBytes) ? this.image.capacityBytes : 2 ** 40
      return { freeBytes: Math.max(0, totalBytes - this.image.usedBytes()), totalBytes }
    })
  }

  lock(path: string): Promise<FolderLock> {
    return this.operate('lock', path, {}, () => {
      const { locked, names } = this.image
      names.directory(path, 'lock')
      if (locked.has(path)) throw new DiskFault({ code: 'ELOCKED', path, operation: 'lock' })
      locked.add(path)
      return { release: () => this.operate('release', path, {}, () => void locked.delete(path)) }
    })
  }

  #change(operation: string, path: string, change: () => void): Promise<void> {
    const killed = (random: SimRandom) => {
      try {
        if (random.chance(0.5)) change()
      } catch (error) {
        // It would have been refused; nobody is left to be told.
        if (!(error instanceof DiskFault)) throw error
      }
    }
    return this.operate(operation, path, { killed }, change)
  }

  #checkFault(operation: string, path: string, course: OperationCourse): void {
    try {
      this.image.checkFault(operation, path)
    } catch (error) {
      course.failed?.()
      throw error
    }
  }

  /** A made-up but plausible disk: 0.02 to 0.2 ms a call, 1 GB/s, a sync 0.5 to 4 ms and now and then 60. */
  #durationMs(operation: string, bytes: number): number {
    const { random, slowness } = this.image
    const callMs = random.between(0.02, 0.2) + bytes / 1e6
    const isSync = operation === 'sync' || operation === 'syncDirectory'
    const syncMs = isSync ? (random.chance(0.02) ? random.between(10, 60) : random.between(0.5, 4)) : 0
    return (callMs + syncMs) * slowness
  }
}
