import * as fs from 'node:fs'
import type { DirectoryEntry, Disk, DiskFile, FolderLock } from '../disk.ts'
import { parentOf, type WriteFileAtomic, writeFileAtomicOn } from '../write-file-atomic.ts'
import { faultOf } from './fault-of.ts'
import { lockFolder } from './folder-lock.ts'
import { NodeFile } from './node-file.ts'
import { WritePace } from './write-pace.ts'

const { O_RDONLY, O_RDWR, O_CREAT, O_TRUNC } = fs.constants
const flagsOf = {
  read: O_RDONLY,
  write: O_RDWR,
  create: O_RDWR | O_CREAT,
  truncate: O_RDWR | O_CREAT | O_TRUNC,
} as const

/** The machine's file system, all of it through libuv's thread pool. */
export class NodeDisk implements Disk {
  readonly #pace = new WritePace()
  readonly writeFileAtomic: WriteFileAtomic = writeFileAtomicOn(this)

  open(path: string, mode: 'read' | 'write' | 'create' | 'truncate'): Promise<DiskFile> {
    return new Promise((resolve, reject) => {
      fs.open(path, flagsOf[mode], 0o644, (error, fd) =>
        error === null ? resolve(new NodeFile(path, fd, this.#pace)) : reject(faultOf(error, 'open', path)),
      )
    })
  }

  readFile(path: string): Promise<Uint8Array> {
    return told('read', path, fs.promises.readFile(path))
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
    const entries = await told('list', path, fs.promises.readdir(path, { withFileTypes: true }))
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
    const stats = await told('stat', path, fs.promises.stat(path))
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
