import type { Disk, DiskFile } from '../runtime/disk.ts'

/** Counts the operations that change the disk, and calls `at` instead of the one that is due, or just behind its beginning. */
export class Watch {
  count = 0
  due = Number.POSITIVE_INFINITY
  readonly #at: () => void
  readonly #begins: boolean

  constructor(options: { begins: boolean; at: () => void }) {
    this.#begins = options.begins
    this.#at = options.at
  }

  change<T>(begin: () => Promise<T>): Promise<T> {
    this.count++
    if (this.count !== this.due) return begin()
    const begun = this.#begins ? begin() : new Promise<T>(() => {})
    this.#at()
    return begun
  }
}

function watchedFile(file: DiskFile, watch: Watch): DiskFile {
  return {
    path: file.path,
    read: (into, position) => file.read(into, position),
    write: (buffers, position) => watch.change(() => file.write(buffers, position)),
    sync: () => watch.change(() => file.sync()),
    truncate: (length) => watch.change(() => file.truncate(length)),
    size: () => file.size(),
    close: () => file.close(),
  }
}

export function watchedDisk(disk: Disk, watch: Watch): Disk {
  return {
    open: async (path, mode) => {
      const makes = mode === 'create' && !(await disk.exists(path))
      return watchedFile(await (makes ? watch.change(() => disk.open(path, mode)) : disk.open(path, mode)), watch)
    },
    readFile: (path) => disk.readFile(path),
    writeFileAtomic: (path, bytes) => watch.change(() => disk.writeFileAtomic(path, bytes)),
    makeDirectory: (path) => disk.makeDirectory(path),
    list: (path) => disk.list(path),
    exists: (path) => disk.exists(path),
    stat: (path) => disk.stat(path),
    rename: (from, to) => watch.change(() => disk.rename(from, to)),
    remove: (path) => watch.change(() => disk.remove(path)),
    removeTree: (path) => disk.removeTree(path),
    syncDirectory: (path) => watch.change(() => disk.syncDirectory(path)),
    space: (path) => disk.space(path),
    lock: (path) => disk.lock(path),
  }
}
