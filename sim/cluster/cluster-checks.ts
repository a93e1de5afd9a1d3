import { recordsBetween } from '../../src/metadata/snapshot/records-between.ts'
import { frameHeaderHolds } from '../../src/log/queues/frame.ts'
import { crcHolds } from '../../src/record/batch-crc.ts'
import { entriesIn, type LoggedBatch } from '../../src/log/entries-in.ts'
import { readRecords } from '../../src/record/record-reader.ts'
import type { Replica } from '../../src/replica/replica.ts'
import { GroupChecks } from '../group/group-checks.ts'
import type { Violation, ViolationCode } from '../history.ts'
import { valueOf } from '../tombstones.ts'
import type { ClusterMachine } from './cluster-machine.ts'
import { queueFaults } from './queue-checks.ts'

/** What must hold of every partition after every event, and of their copies in the end. */
export class ClusterChecks {
  readonly #machines: readonly ClusterMachine[]
  /** Partitions that come and go are not looked at: a name tells one life of a topic from the next no more. */
  readonly #watched: (topic: string) => boolean
  /** Of which only is looked at who leads: what was committed may be lost. */
  readonly #mayLose: (topic: string) => boolean
  readonly #isCompacted: (topic: string) => boolean
  readonly #violations: Violation[]
  readonly #checks = new Map<string, GroupChecks>()

  constructor(parts: {
    machines: readonly ClusterMachine[]
    watched: (topic: string) => boolean
    mayLose?: (topic: string) => boolean
    /** Each copy lets go by itself of what newer records make superfluous. */
    isCompacted?: (topic: string) => boolean
    violations: Violation[]
  }) {
    this.#machines = parts.machines
    this.#watched = parts.watched
    this.#mayLose = parts.mayLose ?? (() => false)
    this.#isCompacted = parts.isCompacted ?? (() => false)
    this.#violations = parts.violations
  }

  look(): void {
    for (const { id: broker, life, replicas } of this.#machines) {
      for (const replica of replicas) {
        if (this.#watched(replica.topic)) this.#checksOf(replica).look([{ broker, life, replica }])
      }
    }
  }

  /** By partition, its copies. */
  copies(): Map<string, Replica[]> {
    const copies = new Map<string, Replica[]>()
    for (const { replicas } of this.#machines) {
      for (const replica of replicas) {
        const known = copies.get(keyOf(replica))
        if (known === undefined) copies.set(keyOf(replica), [replica])
        else known.push(replica)
      }
    }
    return copies
  }

  /** Whether all copies of every partition have everything, and know that it is committed. */
  areEqual(): boolean {
    return [...this.copies().values()].every((replicas) => {
      const [end] = replicas.map(({ log }) => log.logEndOffset)
      return replicas.every(({ log, highWatermark }) => log.logEndOffset === end && highWatermark === end)
    })
  }

  /** Whether every broker takes the cluster for the same, however it has come to know. */
  imagesAreEqual(): boolean {
    const [first, ...others] = this.#machines.flatMap(({ image }) => image ?? [])
    if (first === undefined) return false
    return others.every((image) => isNothing(recordsBetween(first, image)) && isNothing(recordsBetween(image, first)))
  }

  /** That the copies are the same, byte for byte, where all have something; of what is compacted, the newest of each key. */
  async compareBytes(): Promise<void> {
    for (const [partition, replicas] of this.copies()) {
      const from = Math.max(...replicas.map(({ log }) => log.logStartOffset))
      // Members of groups go on with their work.
      const upTo = Math.min(...replicas.map(({ log }) => log.logEndOffset))
      const told = this.#isCompacted(replicas[0]?.topic ?? '') ? newestOf : batchesOf
      const [first, ...others] = await Promise.all(replicas.map((replica) => told(replica, from, upTo)))
      for (const batches of others) {
        const at = batches.findIndex((batch, index) => batch !== first?.[index])
        if (at >= 0)
          this.#violations.push({ code: 'logs differ', partition, detail: `${batches[at]} and ${first?.[at]}` })
      }
    }
  }

  /** That the consume queues of all copies give what the logs have. */
  async checkQueues(): Promise<void> {
    for (const { id, replicas } of this.#machines) {
      for (const replica of replicas) {
        const { topic, partition } = replica
        for (const detail of await queueFaults(replica)) {
          this.#violations.push({
            code: 'hole',
            partition: `${topic}/${partition}`,
            detail: `on broker ${id}, ${detail}`,
          })
        }
      }
    }
  }

  #checksOf(replica: Replica): GroupChecks {
    const partition = keyOf(replica)
    let checks = this.#checks.get(partition)
    if (checks === undefined) {
      const violate = (code: ViolationCode, detail: string) => this.#violations.push({ code, partition, detail })
      checks = new GroupChecks(violate, { mayLose: this.#mayLose(replica.topic) })
      this.#checks.set(partition, checks)
    }
    return checks
  }
}

const isNothing = (records: Generator<unknown>): boolean => records.next().done === true

const keyOf = ({ topic, partition }: Replica): string => `${topic}/${partition}`

/** What tells each batch from others: its place, and the CRC of all else. */
async function batchesOf(replica: Replica, start: number, upTo: number): Promise<string[]> {
  const batches: string[] = []
  for await (const { entry, batch } of eachEntry(replica, start, upTo)) {
    const { baseOffset, partitionLeaderEpoch: epoch, bytes, at, sizeBytes } = entry
    const holds = crcHolds(batch.bytes, batch.at) && (batch === entry || frameHeaderHolds(bytes, at))
    if (!holds) batches.push(`a damaged batch at ${baseOffset}`)
    else batches.push(`${sizeBytes} bytes at ${baseOffset} of epoch ${epoch} with CRC ${batch.crc}`)
  }
  return batches
}

/** What a compacted log tells in the end: the newest record of each key that was not deleted. */
async function newestOf(replica: Replica, start: number, upTo: number): Promise<string[]> {
  const newest = new Map<string, string>()
  for await (const { batch } of eachEntry(replica, start, upTo)) {
    if (batch.isControl) continue
    for (const record of await readRecords(batch)) {
      if (record.value === null) newest.delete(`${record.key}`)
      else newest.set(`${record.key}`, `'${valueOf(record)}' at ${record.offset}`)
    }
  }
  return [...newest].map(([key, value]) => `${key}: ${value}`).sort()
}

async function* eachEntry({ log }: Replica, start: number, upTo: number): AsyncGenerator<LoggedBatch> {
  for (let from = start; from < upTo; ) {
    const slice = await log.read({ from, upTo, maxBytes: 65_536, minOneBatch: true })
    yield* entriesIn(Buffer.concat(slice.buffers))
    from = slice.nextOffset
    slice.release()
  }
}
