import type { SingleBar } from 'cli-progress'

/** Input below this is read before a bar could be looked at. */
const bytesMin = 4 * 1024 * 1024
const redrawMs = 100

/** How far an input is read, on stderr and only when that is a terminal. Without a known total it counts records. */
export class ProgressBar {
  readonly #bar: SingleBar | null
  readonly #totalBytes: number | null
  #readBytes = 0
  #drawnMs = 0

  private constructor(bar: SingleBar | null, totalBytes: number | null) {
    this.#bar = bar
    this.#totalBytes = totalBytes
  }

  /** `bytesOnly`: what is read is not made of records, or nobody counts them. */
  static async open(options: { totalBytes: number | null; quiet: boolean; bytesOnly?: boolean }): Promise<ProgressBar> {
    const { totalBytes, quiet } = options
    const small = totalBytes !== null && totalBytes < bytesMin
    if (quiet || small || process.stderr.isTTY !== true) return new ProgressBar(null, totalBytes)
    const { SingleBar } = await import('cli-progress')
    const known = totalBytes !== null
    const count = options.bytesOnly === true ? '' : '{records} records'
    const format = known ? `{bar} {percentage}%  ${count}  {eta_formatted} left` : count
    const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true })
    bar.start(totalBytes ?? 0, 0, { records: 0 })
    return new ProgressBar(bar, totalBytes)
  }

  advance(bytes: number, records: number): void {
    this.#readBytes += bytes
    const nowMs = performance.now()
    if (this.#bar === null || nowMs - this.#drawnMs < redrawMs) return
    this.#drawnMs = nowMs
    this.#bar.update(this.#totalBytes === null ? 0 : this.#readBytes, { records })
  }

  stop(records: number): void {
    this.#bar?.update(this.#totalBytes ?? 0, { records })
    this.#bar?.stop()
  }
}
