import { setTimeout as sleep } from 'node:timers/promises'
import { LineProcess } from '../child.ts'
import { java } from '../programs/java.ts'

const program = java('4.3.1')
const processMs = 600_000
const leaveMs = 30_000
const lookMs = 50
/** Offsets that consumers do not see: each leadership of a `majority` partition begins with a control batch. */
const unseenMax = 20

/** A member of a group by Apache Kafka's own client, that commits what it has read, in a process of its own. */
export class GroupReader {
  readonly #process: LineProcess
  readonly #first = new Map<number, number>()
  readonly #last = new Map<number, number>()
  /** Partitions of which it has read something since it was told to forget. */
  readonly #since = new Set<number>()

  constructor({ bootstrap, topic, group }: { bootstrap: string; topic: string; group: string }) {
    const args = [...program.prefix, 'group', '--bootstrap', bootstrap, '--topic', topic, '--group', group]
    const onLine = (line: string): void => this.#take(line.split('\t'))
    this.#process = new LineProcess(program.command, args, { timeoutMs: processMs }, onLine)
  }

  /** Null when such members can be run, else why not. */
  static install(): Promise<string | null> {
    return program.install()
  }

  forget(): void {
    this.#since.clear()
  }

  /** Until it has read something of that many partitions since it was told to forget. False: not within the time, or it has ended. */
  async readsAll(partitions: number, withinMs: number): Promise<boolean> {
    for (const end = performance.now() + withinMs; this.#since.size < partitions; await sleep(lookMs)) {
      if (!this.#process.running || performance.now() > end) return false
    }
    return this.#process.running
  }

  /** Whether the first that it has read of each partition is what comes after these. */
  continues(last: ReadonlyMap<number, number>): boolean {
    return [...last].every(([partition, offset]) => {
      const first = this.#first.get(partition) ?? -1
      return first > offset && first <= offset + unseenMax
    })
  }

  /** Where it has begun. */
  get told(): string {
    return [...this.#first].map(([partition, offset]) => `${partition} from ${offset}`).join(', ')
  }

  /** Commits and leaves; the last offset of each partition that it has read, and committed. */
  async leave(): Promise<ReadonlyMap<number, number>> {
    this.#process.send('leave')
    const late = sleep(leaveMs, 'late' as const, { ref: false })
    const code = await Promise.race([this.#process.exited, late])
    if (code !== 0) throw new Error(`a member did not leave (${code}): ${this.#process.stderr.slice(-500)}`)
    return this.#last
  }

  end(): Promise<void> {
    return this.#process.end()
  }

  #take([kind, ...rest]: readonly string[]): void {
    if (kind !== 'record') return
    const [partition = -1, offset = -1] = rest.map(Number)
    if (!this.#first.has(partition)) this.#first.set(partition, offset)
    this.#last.set(partition, offset)
    this.#since.add(partition)
  }
}
