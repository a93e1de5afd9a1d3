import type { SimRandom } from './sim-random.ts'

const pageBytes = 4096
const sectorBytes = 512

/** What a sync took with it when it began. */
export interface SyncSnapshot {
  readonly pages: ReadonlyMap<number, { bytes: Uint8Array; version: number }>
  readonly size: number
  readonly truncatedTo: number | null
}

/**
 * One file twice: as processes see it (the page cache), and as the platter holds it. Pages that differ are dirty. A
 * power cut leaves the platter's, with a seeded part of the dirty pages: none, all, the first ones with the last of
 * them torn, or any sectors, the file as long as what was kept or longer, with zeros between.
 */
export class SimInode {
  readonly kind = 'file'
  modifiedMs = 0
  #cache = new Uint8Array(0)
  #size = 0
  #platter = new Uint8Array(0)
  #platterSize = 0
  /** Page number to the version that it was last written with. */
  readonly #dirty = new Map<number, number>()
  #version = 0
  /** The shortest that the file was cut to since the platter knows of it. */
  #truncatedTo: number | null = null

  get size(): number {
    return this.#size
  }

  read(into: Uint8Array, position: number): number {
    const bytes = Math.max(0, Math.min(into.byteLength, this.#size - position))
    into.set(this.#cache.subarray(position, position + bytes))
    return bytes
  }

  bytes(): Uint8Array {
    return this.#cache.slice(0, this.#size)
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.byteLength === 0) return
    const end = position + bytes.byteLength
    this.#cache = grown(this.#cache, end)
    this.#cache.set(bytes, position)
    this.#size = Math.max(this.#size, end)
    this.#soil(Math.floor(position / pageBytes), Math.floor((end - 1) / pageBytes))
  }

  truncate(length: number): void {
    if (length < this.#size) {
      this.#cache.fill(0, length, this.#size)
      this.#truncatedTo = Math.min(this.#truncatedTo ?? length, length)
      for (const page of this.#dirty.keys()) if (page * pageBytes >= length) this.#dirty.delete(page)
    } else if (length > this.#size) {
      this.#cache = grown(this.#cache, length)
      this.#soil(Math.floor(this.#size / pageBytes), Math.floor((length - 1) / pageBytes))
    }
    this.#size = length
  }

  beginSync(): SyncSnapshot {
    const pages = new Map<number, { bytes: Uint8Array; version: number }>()
    for (const [page, version] of this.#dirty) pages.set(page, { bytes: this.#page(page).slice(), version })
    return { pages, size: this.#size, truncatedTo: this.#truncatedTo }
  }

  /** The platter now holds what the snapshot took. What was written since stays dirty. */
  finishSync(snapshot: SyncSnapshot): void {
    if (snapshot.truncatedTo !== null) {
      this.#cutPlatter(snapshot.truncatedTo)
      if (this.#truncatedTo === snapshot.truncatedTo) this.#truncatedTo = null
    }
    for (const [page, { bytes, version }] of snapshot.pages) {
      this.#toPlatter(page * pageBytes, bytes)
      if (this.#dirty.get(page) === version) this.#dirty.delete(page)
    }
    this.#platter = grown(this.#platter, snapshot.size)
    this.#platterSize = Math.max(this.#platterSize, snapshot.size)
  }

  /** A failed sync, as on Linux: the pages count as clean, so that no later sync writes them, but are not on the platter. */
  failSync(): void {
    this.#dirty.clear()
  }

  /** The system writes some dirty pages back by itself. They may be made dirty again after that. */
  writeBack(random: SimRandom): void {
    // A cut that the platter does not know of comes first, or old bytes would return behind new ones.
    if (this.#truncatedTo !== null) return
    for (const page of this.#dirty.keys()) {
      if (!random.chance(0.5)) continue
      this.#toPlatter(page * pageBytes, this.#page(page))
      this.#platterSize = Math.max(this.#platterSize, Math.min(this.#size, (page + 1) * pageBytes))
      this.#dirty.delete(page)
    }
  }

  flipBit(position: number, bit: number): void {
    for (const bytes of [this.#cache, this.#platter]) {
      if (position < bytes.length) bytes[position] = (bytes[position] ?? 0) ^ (1 << bit)
    }
  }

  /** Forgets what the platter does not hold. Returns what became of the unsynced bytes, or null if there were none. */
  powerCut(random: SimRandom): string | null {
    let fate: string | null = null
    if (this.#dirty.size > 0 || this.#truncatedTo !== null || this.#size !== this.#platterSize)
      fate = this.#lose(random)
    this.#dirty.clear()
    this.#truncatedTo = null
    this.#size = this.#platterSize
    this.#cache = this.#platter.slice()
    return fate
  }

  #lose(random: SimRandom): string {
    const cut = this.#truncatedTo
    if (cut !== null && random.chance(0.5)) {
      // A file system orders a cut before what is written behind it: no cut, nothing of that either.
      for (const page of this.#dirty.keys()) if ((page + 1) * pageBytes > cut) this.#dirty.delete(page)
      this.#keepSubset(random, this.#platterSize)
      return 'truncation lost'
    }
    if (cut !== null) this.#cutPlatter(cut)
    switch (random.pick(['none', 'zeros', 'all', 'prefix', 'prefix', 'subset'])) {
      case 'none':
        return 'unsynced bytes lost'
      case 'zeros':
        this.#growPlatter(this.#platterSize + random.integer(Math.max(1, this.#size - this.#platterSize + 1)))
        return 'unsynced bytes are zeros'
      case 'all':
        for (const page of this.#dirty.keys()) this.#toPlatter(page * pageBytes, this.#page(page))
        this.#growPlatter(this.#size)
        return 'unsynced bytes kept'
      case 'prefix':
        this.#keepPrefix(random)
        return 'torn write'
      default:
        this.#keepSubset(random, this.#size)
        return 'unsynced bytes partly kept'
    }
  }

  #keepPrefix(random: SimRandom): void {
    const pages = [...this.#dirty.keys()].sort((one, other) => one - other)
    const whole = random.integer(pages.length + 1)
    for (const page of pages.slice(0, whole)) this.#keep(page, pageBytes)
    const torn = pages[whole]
    if (torn === undefined) return
    this.#keep(torn, random.chance(0.5) ? random.integer(pageBytes) : random.integer(8) * sectorBytes)
  }

  #keepSubset(random: SimRandom, size: number): void {
    for (const page of this.#dirty.keys()) {
      for (let from = 0; from < pageBytes; from += sectorBytes) {
        if (!random.chance(0.5)) continue
        const at = page * pageBytes + from
        if (at >= size) break
        this.#toPlatter(at, this.#cache.subarray(at, Math.min(at + sectorBytes, size)))
        this.#platterSize = Math.max(this.#platterSize, Math.min(size, at + sectorBytes))
      }
    }
    if (random.chance(0.3)) this.#growPlatter(size)
  }

  /** Keeps the first `bytes` of a dirty page. */
  #keep(page: number, bytes: number): void {
    const at = page * pageBytes
    const end = Math.min(at + bytes, this.#size)
    if (end <= at) return
    this.#toPlatter(at, this.#cache.subarray(at, end))
    this.#platterSize = Math.max(this.#platterSize, end)
  }

  #page(page: number): Uint8Array {
    return this.#cache.subarray(page * pageBytes, Math.min((page + 1) * pageBytes, this.#size))
  }

  #soil(from: number, through: number): void {
    this.#version++
    for (let page = from; page <= through; page++) this.#dirty.set(page, this.#version)
  }

  #toPlatter(position: number, bytes: Uint8Array): void {
    this.#platter = grown(this.#platter, position + bytes.byteLength)
    this.#platter.set(bytes, position)
  }

  #growPlatter(size: number): void {
    this.#platter = grown(this.#platter, size)
    this.#platterSize = Math.max(this.#platterSize, size)
  }

  #cutPlatter(length: number): void {
    if (length >= this.#platterSize) return
    this.#platter.fill(0, length)
    this.#platterSize = length
  }
}

/** The same bytes with room for at least `size`, zeros behind. */
function grown(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  if (size <= bytes.byteLength) return bytes
  const larger = new Uint8Array(Math.max(size, bytes.byteLength * 2, 256))
  larger.set(bytes)
  return larger
}
