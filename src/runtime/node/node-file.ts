import * as fs from 'node:fs'
import { DiskFault, type DiskFile } from '../disk.ts'
import { faultOf } from './fault-of.ts'
import type { InlinePace } from './inline-pace.ts'

/** The most buffers that one writev takes (IOV_MAX on Linux and macOS). */
const buffersPerWrite = 1024

/**
 * A file by its descriptor. Callbacks of `node:fs` and not its promises: a FileHandle costs about twice the CPU per
 * call, and the calls run in the same thread pool.
 */
export class NodeFile implements DiskFile {
  readonly path: string
  readonly #fd: number
  readonly #writes: InlinePace
  readonly #reads: InlinePace

  constructor(path: string, fd: number, paces: { writes: InlinePace; reads: InlinePace }) {
    this.path = path
    this.#fd = fd
    this.#writes = paces.writes
    this.#reads = paces.reads
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#reads.isInline(into.byteLength) ? this.#readInline(into, position) : this.#readInPool(into, position)
  }

  /** Rejects, as the other way does, and never throws. */
  async #readInline(into: Uint8Array, position: number): Promise<number> {
    let done = 0
    try {
      while (done < into.byteLength) {
        const at = done
        const bytes = this.#reads.timed(() => fs.readSync(this.#fd, into, at, into.byteLength - at, position + at))
        if (bytes === 0) break
        done += bytes
      }
      return done
    } catch (error) {
      throw faultOf(error, 'read', this.path)
    }
  }

  #readInPool(into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      let done = 0
      const next = () =>
        fs.read(this.#fd, into, done, into.byteLength - done, position + done, (error, bytes) => {
          if (error !== null) return reject(faultOf(error, 'read', this.path))
          done += bytes
          if (bytes === 0 || done === into.byteLength) resolve(done)
          else next()
        })
      next()
    })
  }

  write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    let bytes = 0
    for (const buffer of buffers) bytes += buffer.byteLength
    return this.#writes.isInline(bytes) ? this.#writeInline(buffers, position) : this.#writeInPool(buffers, position)
  }

  /** Rejects, as the other way does, and never throws. */
  async #writeInline(buffers: readonly Uint8Array[], position: number): Promise<void> {
    let left = buffers.filter((buffer) => buffer.byteLength > 0)
    let at = position
    try {
      while (left.length > 0) {
        const bytes = this.#writes.timed(() => fs.writevSync(this.#fd, left.slice(0, buffersPerWrite), at))
        if (bytes === 0) throw new DiskFault({ code: 'EIO', path: this.path, operation: 'write' })
        at += bytes
        left = rest(left, bytes)
      }
    } catch (error) {
      throw faultOf(error, 'write', this.path)
    }
  }

  #writeInPool(buffers: readonly Uint8Array[], position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let left = buffers.filter((buffer) => buffer.byteLength > 0)
      let at = position
      const written = (error: Error | null, bytes: number): void => {
        if (error !== null) return reject(faultOf(error, 'write', this.path))
        // Nothing taken and no error given: going on would spin for ever.
        if (bytes === 0) return reject(new DiskFault({ code: 'EIO', path: this.path, operation: 'write' }))
        at += bytes
        left = rest(left, bytes)
        next()
      }
      const next = () => {
        const only = left[0]
        if (only === undefined) resolve()
        else if (left.length === 1) fs.write(this.#fd, only, 0, only.byteLength, at, written)
        else fs.writev(this.#fd, left.length > buffersPerWrite ? left.slice(0, buffersPerWrite) : left, at, written)
      }
      next()
    })
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(faultOf(error, 'sync', this.path))))
    })
  }

  truncate(length: number): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.ftruncate(this.#fd, length, (error) =>
        error === null ? resolve() : reject(faultOf(error, 'truncate', this.path)),
      )
    })
  }

  size(): Promise<number> {
    return this.#reads.run(
      () => this.#sizeNow(),
      () =>
        new Promise((resolve, reject) => {
          fs.fstat(this.#fd, (error, stats) =>
            error === null ? resolve(stats.size) : reject(faultOf(error, 'size', this.path)),
          )
        }),
    )
  }

  #sizeNow(): number {
    try {
      return fs.fstatSync(this.#fd).size
    } catch (error) {
      throw faultOf(error, 'size', this.path)
    }
  }

  close(): Promise<void> {
    return this.#reads.run(
      () => this.#closeNow(),
      () =>
        new Promise((resolve, reject) => {
          fs.close(this.#fd, (error) =>
            error === null || error === undefined ? resolve() : reject(faultOf(error, 'close', this.path)),
          )
        }),
    )
  }

  #closeNow(): void {
    try {
      fs.closeSync(this.#fd)
    } catch (error) {
      throw faultOf(error, 'close', this.path)
    }
  }
}

/** What is left of `buffers` when their first `bytes` have been written. */
function rest(buffers: Uint8Array[], bytes: number): Uint8Array[] {
  let index = 0
  let taken = bytes
  for (; index < buffers.length; index++) {
    const length = buffers[index]?.byteLength ?? 0
    if (taken < length) break
    taken -= length
  }
  const left = index === 0 ? buffers : buffers.slice(index)
  const first = left[0]
  if (first !== undefined && taken > 0) left[0] = first.subarray(taken)
  return left
}
