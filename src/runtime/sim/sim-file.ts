import { DiskFault, type DiskFile } from '../disk.ts'
import { invariant } from '../invariant.ts'
import type { SimDisk } from './sim-disk.ts'
import type { SimInode } from './sim-inode.ts'

/** One open file of one life. */
export class SimFile implements DiskFile {
  readonly path: string
  readonly #disk: SimDisk
  readonly #inode: SimInode
  readonly #writable: boolean
  #open = true

  constructor(disk: SimDisk, file: { path: string; inode: SimInode; writable: boolean }) {
    this.#disk = disk
    this.path = file.path
    this.#inode = file.inode
    this.#writable = file.writable
  }

  read(into: Uint8Array, position: number): Promise<number> {
    // A real system would read from somewhere else.
    invariant(position >= 0, 'a read from before the beginning of a file', { path: this.path, position })
    const refusal = this.#refusal('read', true)
    if (refusal !== null) return Promise.reject(refusal)
    return this.#disk.operate('read', this.path, { bytes: into.byteLength }, () => this.#inode.read(into, position))
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    const refusal = this.#refusal('write', this.#writable)
    if (refusal !== null) return Promise.reject(refusal)
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0)
    // The buffers are read when the write happens: whoever changes them meanwhile gets what they deserve.
    return this.#disk.operate(
      'write',
      this.path,
      { bytes, killed: (random) => this.#put(buffers, position, random.integer(bytes + 1)) },
      () => {
        const fits = Math.min(bytes, this.#disk.image.capacityBytes - this.#usedWithout(position))
        this.#put(buffers, position, fits)
        if (fits < bytes) {
          this.#disk.image.world.mark('disk full')
          throw new DiskFault({ code: 'ENOSPC', path: this.path, operation: 'write' })
        }
        if (this.#disk.image.random.chance(0.05)) this.#inode.writeBack(this.#disk.image.random)
      },
    )
  }

  sync(): Promise<void> {
    const refusal = this.#refusal('sync', true)
    if (refusal !== null) return Promise.reject(refusal)
    const snapshot = this.#inode.beginSync()
    return this.#disk.operate('sync', this.path, { failed: () => this.#inode.failSync() }, () =>
      this.#inode.finishSync(snapshot),
    )
  }

  truncate(length: number): Promise<void> {
    const refusal = this.#refusal('truncate', this.#writable)
    if (refusal !== null) return Promise.reject(refusal)
    const cut = () => this.#inode.truncate(length)
    return this.#disk.operate('truncate', this.path, { killed: (random) => random.chance(0.5) && cut() }, cut)
  }

  size(): Promise<number> {
    const refusal = this.#refusal('size', true)
    if (refusal !== null) return Promise.reject(refusal)
    return this.#disk.operate('size', this.path, {}, () => this.#inode.size)
  }

  close(): Promise<void> {
    const refusal = this.#refusal('close', true)
    if (refusal !== null) return Promise.reject(refusal)
    this.#open = false
    return this.#disk.operate('close', this.path, {}, () => {})
  }

  /** What the disk holds besides this file, and this file's bytes up to `position`. */
  #usedWithout(position: number): number {
    if (!Number.isFinite(this.#disk.image.capacityBytes)) return 0
    return this.#disk.image.usedBytes() - Math.max(0, this.#inode.size - position)
  }

  #put(buffers: readonly Uint8Array[], position: number, bytes: number): void {
    let left = bytes
    let at = position
    for (const buffer of buffers) {
      if (left <= 0) break
      const part = buffer.subarray(0, left)
      this.#inode.write(part, at)
      at += part.byteLength
      left -= part.byteLength
    }
    this.#inode.modifiedMs = this.#disk.nowMs()
  }

  #refusal(operation: string, allowed: boolean): DiskFault | null {
    return this.#open && allowed ? null : new DiskFault({ code: 'EBADF', path: this.path, operation })
  }
}
