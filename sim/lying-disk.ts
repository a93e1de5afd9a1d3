import type { Disk, DiskFile } from '../src/runtime/disk.ts'
import { writeFileAtomicOn } from '../src/runtime/write-file-atomic.ts'
import type { BrokerUnderTest } from './tested-broker.ts'

/**
 * Negative control: the broker's fsyncs of files whose paths end so do nothing, though they take a moment and succeed.
 * What it says is durable is not, and a run must find that.
 */
export function withLyingSyncs(parts: BrokerUnderTest, pathEnd: string): BrokerUnderTest {
  return {
    ...parts,
    startBroker: (runtime, place) => parts.startBroker({ ...runtime, disk: lyingDisk(runtime.disk, pathEnd) }, place),
  }
}

function lyingDisk(disk: Disk, pathEnd: string): Disk {
  const lying: Disk = {
    open: async (path, mode) => {
      const file = await disk.open(path, mode)
      return path.endsWith(pathEnd) ? unsynced(file) : file
    },
    readFile: (path) => disk.readFile(path),
    writeFileAtomic: (path, bytes) => replace(path, bytes),
    makeDirectory: (path) => disk.makeDirectory(path),
    list: (path) => disk.list(path),
    exists: (path) => disk.exists(path),
    stat: (path) => disk.stat(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    removeTree: (path) => disk.removeTree(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    space: (path) => disk.space(path),
    lock: (path) => disk.lock(path),
  }
  const replace = writeFileAtomicOn(lying)
  return lying
}

function unsynced(file: DiskFile): DiskFile {
  return {
    path: file.path,
    read: (into, position) => file.read(into, position),
    write: (buffers, position) => file.write(buffers, position),
    sync: async () => void (await file.size()),
    truncate: (length) => file.truncate(length),
    size: () => file.size(),
    close: () => file.close(),
  }
}
