import { DiskFault } from '../disk.ts'
import { SimInode } from './sim-inode.ts'
import type { SimRandom } from './sim-random.ts'

export class SimDirectory {
  readonly kind = 'directory'
  entries = new Map<string, SimInode | SimDirectory>()
  /** What the platter holds. */
  durableEntries = new Map<string, SimInode | SimDirectory>()
}

type Named = SimInode | SimDirectory

/** Names that changed together: a rename is two changes that no power cut takes apart. */
type NameChange = readonly { directory: SimDirectory; name: string; to: Named | null }[]

/**
 * The names of a disk. A change is seen at once and durable when its folder has been synced. A power cut keeps of the
 * unsynced changes: none, all, the first ones (as a journal does), or any, as far as one does not rest on a lost one.
 */
export class SimNames {
  #root = new SimDirectory()
  #pending: NameChange[] = []

  /** What stands at `path`, or null. */
  find(path: string): Named | null {
    let at: Named = this.#root
    for (const part of partsOf(path)) {
      const next: Named | undefined = at.kind === 'directory' ? at.entries.get(part) : undefined
      if (next === undefined) return null
      at = next
    }
    return at
  }

  directory(path: string, operation: string): SimDirectory {
    const found = this.find(path)
    if (found === null) throw new DiskFault({ code: 'ENOENT', path, operation })
    if (found.kind !== 'directory') throw new DiskFault({ code: 'ENOTDIR', path, operation })
    return found
  }

  file(path: string, operation: string): SimInode {
    const found = this.find(path)
    if (found === null) throw new DiskFault({ code: 'ENOENT', path, operation })
    if (found.kind === 'directory') throw new DiskFault({ code: 'EISDIR', path, operation })
    return found
  }

  link(path: string, to: Named, operation: string): void {
    this.#change([{ ...this.#place(path, operation), to }])
  }

  unlink(path: string, operation: string): void {
    this.#change([{ ...this.#place(path, operation), to: null }])
  }

  rename(from: string, to: string): void {
    const moved = this.find(from)
    const target = this.find(to)
    if (moved === null) throw new DiskFault({ code: 'ENOENT', path: from, operation: 'rename' })
    if (target === moved) return
    if (target?.kind === 'directory' && (moved.kind === 'file' || target.entries.size > 0)) {
      throw new DiskFault({ code: moved.kind === 'file' ? 'EISDIR' : 'ENOTEMPTY', path: to, operation: 'rename' })
    }
    if (target?.kind === 'file' && moved.kind === 'directory') {
      throw new DiskFault({ code: 'ENOTDIR', path: to, operation: 'rename' })
    }
    this.#change([
      { ...this.#place(from, 'rename'), to: null },
      { ...this.#place(to, 'rename'), to: moved },
    ])
  }

  /** The changes of a folder that a sync which begins now makes durable; call what it returns when it is done. */
  beginSync(directory: SimDirectory): () => void {
    const touched = new Set(this.#pending.filter((change) => change.some((part) => part.directory === directory)))
    return () => {
      for (const change of this.#pending) if (touched.has(change)) settle(change)
      this.#pending = this.#pending.filter((change) => !touched.has(change))
    }
  }

  /** Returns what became of the unsynced changes, or null if there were none. */
  powerCut(random: SimRandom): string | null {
    const pending = this.#pending
    this.#pending = []
    const fate = pending.length === 0 ? null : random.pick(['none', 'all', 'prefix', 'subset'])
    if (fate === 'all') pending.forEach(settle)
    else if (fate === 'prefix') pending.slice(0, random.integer(pending.length + 1)).forEach(settle)
    else if (fate === 'subset') settleSome(pending, random)
    restore(this.#root)
    return fate === null ? null : `unsynced names: ${fate}`
  }

  /** Every file that can be reached, once each. */
  files(): Set<SimInode> {
    const found = new Set<SimInode>()
    const visit = (directory: SimDirectory) => {
      for (const entry of directory.entries.values()) {
        if (entry.kind === 'file') found.add(entry)
        else visit(entry)
      }
    }
    visit(this.#root)
    return found
  }

  /** Every file that the platter or a process could still name: what a power cut acts on. */
  allFiles(): Set<SimInode> {
    const found = this.files()
    const visit = (entry: Named) => {
      if (entry.kind === 'file') return void found.add(entry)
      for (const child of entry.durableEntries.values()) visit(child)
    }
    visit(this.#root)
    for (const change of this.#pending) for (const { to } of change) if (to !== null) visit(to)
    return found
  }

  #place(path: string, operation: string): { directory: SimDirectory; name: string } {
    const parts = partsOf(path)
    const name = parts.pop()
    if (name === undefined) throw new DiskFault({ code: 'EBUSY', path, operation })
    return { directory: this.directory(parts.join('/'), operation), name }
  }

  #change(change: NameChange): void {
    for (const { directory, name, to } of change) {
      if (to === null) directory.entries.delete(name)
      else directory.entries.set(name, to)
    }
    this.#pending.push(change)
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function settle(change: NameChange): void {
  for (const { directory, name, to } of change) {
    if (to === null) directory.durableEntries.delete(name)
    else directory.durableEntries.set(name, to)
  }
}

function settleSome(pending: readonly NameChange[], random: SimRandom): void {
  const lost: NameChange[] = []
  for (const change of pending) {
    if (random.chance(0.5) && !lost.some((other) => restsOn(change, other))) settle(change)
    else lost.push(change)
  }
}

/** The same name or the same file in both: the later makes no sense without the earlier. */
function restsOn(later: NameChange, earlier: NameChange): boolean {
  return later.some((one) =>
    earlier.some(
      (other) =>
        (one.directory === other.directory && one.name === other.name) || (one.to !== null && one.to === other.to),
    ),
  )
}

function restore(directory: SimDirectory): void {
  directory.entries = new Map(directory.durableEntries)
  for (const entry of directory.entries.values()) if (entry.kind === 'directory') restore(entry)
}
