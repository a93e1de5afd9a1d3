/** What went wrong on a disk, while doing what. `code` is the system's (ENOSPC, EIO, ENOENT, EEXIST, EMFILE, …). */
export class DiskFault extends Error {
  readonly code: string
  readonly path: string
  readonly operation: string

  constructor(fault: { code: string; path: string; operation: string; cause?: unknown }) {
    super(`${fault.operation} ${fault.path}: ${fault.code}`, { cause: fault.cause })
    this.name = 'DiskFault'
    this.code = fault.code
    this.path = fault.path
    this.operation = fault.operation
  }
}

/** One open file. Every method rejects with a `DiskFault`. Positions and lengths are bytes. */
export interface DiskFile {
  readonly path: string
  /** Fills `into` from `position`; resolves with the bytes read, less than asked only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Writes all of the buffers, in order, from `position` on (one vectored write). They must not change until it resolves. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>
  /** Makes what was written durable (fdatasync). A rejected sync means that the bytes may be lost: never retried. */
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

export interface DirectoryEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'other'
}

/** A lock on a folder that this process holds until released; the system releases it when the process dies. */
export interface FolderLock {
  release(): Promise<void>
}

/**
 * The disk of one broker. Paths are `/`-separated. A file's bytes are durable after its `sync`, its existence and
 * name after `syncDirectory` of its folder; until then a power cut may take either. Every method rejects with a `DiskFault`.
 */
export interface Disk {
  /** `create` makes the file if missing; `truncate` empties it; default: it must exist. All are open for read and write but `read`. */
  open(path: string, mode: 'read' | 'write' | 'create' | 'truncate'): Promise<DiskFile>
  readFile(path: string): Promise<Uint8Array>
  /** Replaces or makes the file so that after a crash or power cut it is whole, old or new: write temp, sync, rename, sync folder. */
  writeFileAtomic(path: string, bytes: Uint8Array): Promise<void>
  /** Makes the folder and its missing parents, durable when resolved. */
  makeDirectory(path: string): Promise<void>
  list(path: string): Promise<DirectoryEntry[]>
  exists(path: string): Promise<boolean>
  /** Size in bytes and last change (ms since 1970). */
  stat(path: string): Promise<{ size: number; modifiedMs: number }>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Removes a folder and all below it. Missing is fine. */
  removeTree(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
  /** Free and total bytes of the volume that holds `path`. */
  space(path: string): Promise<{ freeBytes: number; totalBytes: number }>
  /** Locks the folder against a second process; rejects with code `ELOCKED` when another one holds it. */
  lock(path: string): Promise<FolderLock>
}
