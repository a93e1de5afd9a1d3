import { type Disk, type DiskFile, DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import { ReadBuffers } from './read-buffers.ts'

interface Handle {
  readonly path: string
  opening: Promise<DiskFile>
  file: DiskFile | null
  users: number
  /** Taken out of the table: whoever uses it last closes it. */
  dropped: boolean
  closed: (() => void) | null
}

/**
 * The open files of one broker: opened on use, at most `max` kept open; beyond it the one not used for longest is
 * closed. Files in use are never closed, so that more than `max` may be open while more than `max` are in use.
 */
export class FileHandles {
  /** Where reads from these files go. */
  readonly buffers: ReadBuffers
  readonly #disk: Disk
  readonly #max: number
  /** In order of last use, the oldest first. */
  readonly #handles = new Map<string, Handle>()
  /** Files that are being exchanged, until they are. */
  readonly #held = new Map<string, Promise<void>>()

  constructor(disk: Disk, max: number, options: { idleBufferBytes?: number } = {}) {
    this.buffers = new ReadBuffers(options.idleBufferBytes ?? 16 * 1024 * 1024)
    invariant(max >= 1, 'at least one file must be allowed open', { max })
    this.#disk = disk
    this.#max = max
  }

  get openFiles(): number {
    return this.#handles.size
  }

  /** Runs `task` on the open file, which stays open until it is done. The file must exist, or `mode` be `create`. */
  async use<T>(path: string, task: (file: DiskFile) => Promise<T>, mode: 'write' | 'create' = 'write'): Promise<T> {
    const handle = this.#acquire(path, mode)
    try {
      return await task(handle.file ?? (await handle.opening))
    } finally {
      this.#release(handle)
    }
  }

  /** Forgets the file, for a rename or removal, and resolves once nobody has it open through here. */
  async drop(path: string): Promise<void> {
    const handle = this.#handles.get(path)
    if (handle === undefined) return
    this.#handles.delete(path)
    handle.dropped = true
    if (handle.users === 0) return this.#close(handle)
    await new Promise<void>((resolve) => {
      handle.closed = resolve
    })
  }

  /**
   * Runs `task`, which puts other files in the place of these. Whoever has one of them open is waited for first, and whoever
   * wants one meanwhile gets it afterwards.
   */
  async exchange(paths: readonly string[], task: () => Promise<void>): Promise<void> {
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    for (const path of paths) {
      invariant(!this.#held.has(path), 'a file is exchanged twice at once', { path })
      this.#held.set(path, held)
    }
    try {
      await Promise.all(paths.map((path) => this.drop(path)))
      await task()
    } finally {
      for (const path of paths) this.#held.delete(path)
      release()
    }
  }

  /** Closes every file that nobody uses. */
  async close(): Promise<void> {
    await Promise.all([...this.#handles.keys()].map((path) => this.drop(path)))
  }

  #acquire(path: string, mode: 'write' | 'create'): Handle {
    let handle = this.#handles.get(path)
    if (handle === undefined) {
      handle = this.#open(path, mode)
    } else {
      this.#handles.delete(path)
      this.#handles.set(path, handle)
    }
    handle.users++
    return handle
  }

  #open(path: string, mode: 'write' | 'create'): Handle {
    this.#makeRoom()
    const held = this.#held.get(path)
    const opening = held === undefined ? this.#disk.open(path, mode) : held.then(() => this.#disk.open(path, mode))
    const handle: Handle = { path, opening, file: null, users: 0, dropped: false, closed: null }
    this.#handles.set(path, handle)
    opening.then(
      (file) => {
        handle.file = file
      },
      () => {
        handle.dropped = true
        if (this.#handles.get(path) === handle) this.#handles.delete(path)
      },
    )
    return handle
  }

  #makeRoom(): void {
    if (this.#handles.size < this.#max) return
    for (const handle of this.#handles.values()) {
      if (handle.users > 0) continue
      this.#handles.delete(handle.path)
      handle.dropped = true
      void this.#close(handle)
      if (this.#handles.size < this.#max) return
    }
  }

  #release(handle: Handle): void {
    handle.users--
    if (handle.users === 0 && handle.dropped) void this.#close(handle)
  }

  async #close(handle: Handle): Promise<void> {
    try {
      await (handle.file ?? (await handle.opening)).close()
    } catch (error) {
      // What could be lost by a failed close was never promised: all that is promised is fsynced, or in the page cache.
      if (!(error instanceof DiskFault)) throw error
    } finally {
      handle.closed?.()
    }
  }
}
