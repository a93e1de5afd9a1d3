import * as fs from 'node:fs'
import type { DirectoryEntry, Disk, DiskFile, FolderLock } from '../disk.ts'
import { parentOf, type WriteFileAtomic, writeFileAtomicOn } from '../write-file-atomic.ts'
import { faultOf } from './fault-of.ts'
import { lockFolder } from './folder-lock.ts'
import { InlinePace } from './inline-pace.ts'
import { NodeFile } from './node-file.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_TRUNC } = fs.constants
const flagsOf = {
  read: O_RDONLY,
  write: O_RDWR,
  create: O_RDWR | O_CREAT,
  truncate: O_RDWR | O_CREAT | O_TRUNC,
} as const

const inlineWriteMax = 256 * 1024
/** A log is opened by small reads; larger ones serve consumers, of whom there may be many at once. */
const inlineReadMax = 16 * 1024

/**
 * The machine's file system. What changes names and what is synced goes through libuv's thread pool; small looks, reads and
 * writes only while the page cache cannot answer at once.
 */
export class NodeDisk implements Disk {
  readonly #writes = new InlinePace(inlineWriteMax)
  readonly #reads = new InlinePace(inlineReadMax)
  readonly writeFileAtomic: WriteFileAtomic = writeFileAtomicOn(this)

  async open(path: string, mode: 'read' | 'write' | 'create' | 'truncate'): Promise<DiskFile> {
    const flags = flagsOf[mode]
    const opening = this.#reads.run(
      () => fs.openSync(path, flags, 0o644),
      () => called<number>((done) => fs.open(path, flags, 0o644, done)),
    )
    const fd = await told('open', path, opening)
    return new NodeFile(path, fd, { writes: this.#writes, reads: this.#reads })
  }

  readFile(path: string): Promise<Uint8Array> {
    const reading = this.#reads.run<Uint8Array>(
      () => fs.readFileSync(path),
      () => called((done) => fs.readFile(path, done)),
    )
    return told('read', path, reading)
  }

  async makeDirectory(path: string): Promise<void> {
    if (await this.#isDirectory(path)) return
    const parent = parentOf(path)
    if (parent !== path) await this.makeDirectory(parent)
    try {
      await fs.promises.mkdir(path)
    } catch (error) {
      // Made meanwhile by another call: that is what was asked for. Its parent is synced below all the same.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !(await this.#isDirectory(path))) {
        throw faultOf(error, 'makeDirectory', path)
      }
    }
    await this.syncDirectory(parent)
  }

  async list(path: string): Promise<DirectoryEntry[]> {
    const listing = this.#reads.run(
      () => fs.readdirSync(path, { withFileTypes: true }),
      () => called<fs.Dirent[]>((done) => fs.readdir(path, { withFileTypes: true }, done)),
    )
    const entries = await told('list', path, listing)
    return entries.map((entry) => ({
      name: entry.name,
      kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : 'other',
    }))
  }

  async exists(path: string): Promise<boolean> {
    try {
      await fs.promises.access(path)
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR') return false
      throw faultOf(error, 'exists', path)
    }
  }

  async stat(path: string): Promise<{ size: number; modifiedMs: number }> {
    const looking = this.#reads.run(
      () => fs.statSync(path),
      () => called<fs.Stats>((done) => fs.stat(path, done)),
    )
    const stats = await told('stat', path, looking)
    return { size: stats.size, modifiedMs: Math.floor(stats.mtimeMs) }
  }

  rename(from: string, to: string): Promise<void> {
    return told('rename', from, fs.promises.rename(from, to))
  }

  remove(path: string): Promise<void> {
    return told('remove', path, fs.promises.unlink(path))
  }

  removeTree(path: string): Promise<void> {
    return told('removeTree', path, fs.promises.rm(path, { recursive: true, force: true }))
  }

  async syncDirectory(path: string): Promise<void> {
    const folder = await told('syncDirectory', path, fs.promises.open(path, O_RDONLY))
    try {
      await folder.sync()
    } catch (error) {
      throw faultOf(error, 'syncDirectory', path)
    } finally {
      await folder.close()
    }
  }

  async space(path: string): Promise<{ freeBytes: number; totalBytes: number }> {
    const stats = await told('space', path, fs.promises.statfs(path))
    return { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize }
  }

  lock(path: string): Promise<FolderLock> {
    return lockFolder(path)
  }

  async #isDirectory(path: string): Promise<boolean> {
    try {
      return (await fs.promises.stat(path)).isDirectory()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw faultOf(error, 'makeDirectory', path)
    }
  }
}

async function told<T>(operation: string, path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw faultOf(error, operation, path)
  }
}

/** What a function of `node:fs` gives its callback. Its own promises cost about twice the CPU per call. */
function called<T>(call: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, result) => (error === null ? resolve(result) : reject(error))))
}
