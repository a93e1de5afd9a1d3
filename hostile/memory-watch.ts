/** What the process may grow by without a reason in the input: garbage that is not collected yet, compiled code. */
const heapSlackBytes = 16 * 1024 * 1024
const residentSlackBytes = 64 * 1024 * 1024

/**
 * Sees what one input made the process take: what the heap and the buffers have grown by, collected or not, and by how much
 * the highest resident size ever has been passed, which also sees what a native codec has taken and given back.
 */
export class MemoryWatch {
  #heapBytes = 0
  #peakBytes = 0

  begin(): void {
    this.#heapBytes = heapBytes()
    this.#peakBytes = peakBytes()
  }

  /** Null, or what was taken beyond `bytesMax` since `begin`. */
  excess(bytesMax: number): string | null {
    const heap = heapBytes() - this.#heapBytes
    const resident = peakBytes() - this.#peakBytes
    if (heap > bytesMax + heapSlackBytes) return `${mib(heap)} of heap and buffers, at most ${mib(bytesMax)} may be`
    if (resident > bytesMax + residentSlackBytes) return `${mib(resident)} of memory, at most ${mib(bytesMax)} may be`
    return null
  }
}

function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
