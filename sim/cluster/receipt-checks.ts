import type { Receipt } from '../../src/receipt/receipt.ts'
import type { Replica } from '../../src/replica/replica.ts'
import type { Violation, ViolationCode } from '../history.ts'
import { receiptsIn } from '../receipts-on.ts'
import { batchesOf, type SeenBatch, seenIn } from './batch-history.ts'
import type { ClusterMachine } from './cluster-machine.ts'
import { movedTopic } from './planned-changes.ts'
import { keptHolds } from './queue-checks.ts'

/** What a machine's copy of a partition was seen to be, when it was looked at last. */
interface Copy {
  life: number
  start: number
  end: number
  stored: number
  watermark: number
  batches: SeenBatch[]
  /** There were more, which could not be seen. */
  hasUnseen: boolean
  /** Receipts that were accounted for. */
  readonly known: Set<string>
}

/**
 * Receipts against what copies really lose, after every event: nothing goes from a copy, but by a power cut or with its disk,
 * that no receipt on its disk tells of at that moment; and a receipt tells of nothing else, and keeps exactly that.
 */
export class ReceiptChecks {
  readonly #machines: readonly ClusterMachine[]
  readonly #watched: (topic: string) => boolean
  readonly #violations: Violation[]
  readonly #mark: (name: string) => void
  readonly #copies = new Map<string, Copy>()
  readonly #deletedBelow = new Map<string, number>()
  /** Of disks that are lost with them. */
  readonly #gone: Receipt[] = []

  constructor(parts: {
    machines: readonly ClusterMachine[]
    watched: (topic: string) => boolean
    violations: Violation[]
    mark: (name: string) => void
  }) {
    this.#machines = parts.machines
    this.#watched = parts.watched
    this.#violations = parts.violations
    this.#mark = parts.mark
  }

  /** Somebody asks for the records below that offset to be deleted. */
  deleting(partition: string, before: number): void {
    this.#deletedBelow.set(partition, Math.max(before, this.#deletedBelow.get(partition) ?? 0))
  }

  look(): void {
    for (const machine of this.#machines) {
      for (const replica of machine.replicas) if (this.#watched(replica.topic)) this.#lookAt(machine, replica)
      if (machine.image !== null) this.#forgetRemoved(machine)
    }
  }

  /** A replica that is not wanted any more goes as a whole; one that comes to its place begins anew. */
  #forgetRemoved({ id, replicas }: ClusterMachine): void {
    const key = `${id} ${movedTopic}/0`
    if (this.#copies.has(key) && ![...replicas].some(({ topic }) => topic === movedTopic)) this.#copies.delete(key)
  }

  /** To be called just before a machine loses its disk. */
  losesDisk(machine: ClusterMachine): void {
    this.#gone.push(...receiptsIn(machine.node.disk))
    for (const key of [...this.#copies.keys()]) if (key.startsWith(`${machine.id} `)) this.#copies.delete(key)
  }

  /** To be called just before a machine loses power: what its copies had in the page cache may go. */
  losesPower(machine: ClusterMachine): void {
    for (const [key, copy] of this.#copies) if (key.startsWith(`${machine.id} `)) copy.stored = -1
  }

  /** All receipts that were ever written. */
  all(): readonly Receipt[] {
    return [...this.#gone, ...this.#machines.flatMap(({ node }) => receiptsIn(node.disk))]
  }

  /** Whether the cut that the receipt tells of, of a commit log, has taken that record of a queue; topics by id. */
  hasCut({ replica, cut }: Receipt, record: { topicId: string; partition: number; offset: number }): boolean {
    const disk = this.#machines.find(({ id }) => id === replica.broker)?.node.disk
    if (cut === null || cut.kept === null || disk === undefined) return false
    return keptHolds(Buffer.from(disk.peek(`/data/${cut.kept.file}`)), record)
  }

  #lookAt(machine: ClusterMachine, replica: Replica): void {
    const { log, topic, partition } = replica
    // It is just about to begin anew.
    if (log.logStartOffset > log.logEndOffset) return
    const key = `${machine.id} ${topic}/${partition}`
    const copy = this.#copies.get(key) ?? this.#begin(key, machine)
    const isSame = copy.life === machine.life
    if (isSame && copy.end === log.logEndOffset && copy.start === log.logStartOffset) {
      copy.watermark = replica.highWatermark
      copy.stored = log.storedUpTo
      return
    }
    const hasOnlyGrown = isSame && log.logEndOffset >= copy.end && log.logStartOffset <= copy.end
    if (!hasOnlyGrown) this.#account(machine, replica, copy)
    const from = copy.batches.at(-1)?.next ?? log.logStartOffset
    const seen = batchesOf(replica, from)
    copy.hasUnseen = seen === null
    copy.batches.push(...(seen ?? []))
    copy.life = machine.life
    copy.start = log.logStartOffset
    copy.end = log.logEndOffset
    copy.stored = log.storedUpTo
    copy.watermark = replica.highWatermark
  }

  #begin(key: string, { life }: ClusterMachine): Copy {
    const copy: Copy = {
      life,
      start: 0,
      end: 0,
      stored: -1,
      watermark: 0,
      batches: [],
      hasUnseen: false,
      known: new Set(),
    }
    this.#copies.set(key, copy)
    return copy
  }

  /** What was there and is not any more, against the receipts that have come since. */
  #account(machine: ClusterMachine, replica: Replica, copy: Copy): void {
    const { log, topic, partition } = replica
    // What is damaged goes, and comes back from others; a disk that fails drops what it was not given yet.
    const isLost = machine.isInDoubt || replica.isUnderRepair || log.fault !== null
    const violate = (code: ViolationCode, detail: string): void => {
      this.#violations.push({ code, partition: `${topic}/${partition}`, detail: `on broker ${machine.id}, ${detail}` })
    }
    // Begun anew: what was committed has been removed by whoever has it. A process that was not seen from its start on may
    // have gone on to there.
    const isAnew = log.logStartOffset > copy.end && copy.life === machine.life
    const isThere = (batch: SeenBatch): boolean =>
      isAnew
        ? batch.next <= copy.watermark
        : // Below a log start epochs are not told any more, nor where it has gone back with a process that died.
          batch.base < log.logStartOffset ||
          (batch.base < log.logEndOffset && (log.epochs.epochAt(batch.base) ?? batch.epoch) === batch.epoch)
    // In the same life everything was there; of an earlier one what was stored.
    const upTo = copy.life === machine.life ? copy.end : copy.stored
    const written = receiptsIn(machine.node.disk).filter(
      (each) => each.cut !== null && each.topic === topic && each.partition === partition && !copy.known.has(each.id),
    )
    const deletedBelow = this.#deletedBelow.get(`${topic}/${partition}`) ?? 0
    const missing = copy.batches.filter((batch) => !isThere(batch))
    for (const batch of missing) {
      if (
        isLost ||
        batch.records === 0 ||
        batch.next > upTo ||
        // Whether it was deleted before a leader without that began lower nobody has seen.
        batch.base < deletedBelow ||
        written.some(({ from, to }) => from <= batch.base && batch.next <= (to ?? 0))
      )
        continue
      violate('cut without a receipt', `${batch.records} records at ${batch.base}, epoch ${batch.epoch}, are cut`)
    }
    // Others may be written already, and their cut is still to come.
    for (const receipt of written.filter((each) => missing.some((batch) => covers(each, batch)))) {
      copy.known.add(receipt.id)
      this.#mark('a receipt of a cut')
      // What a process has appended that ended before it was ready nobody has seen.
      if (copy.hasUnseen && (receipt.to ?? 0) > (copy.batches.at(-1)?.next ?? 0)) continue
      const problem = this.#problemOf(receipt, machine, { seen: copy.batches, deletedBelow }, isThere)
      if (problem !== null) violate('receipt is not the cut', `receipt ${receipt.id}: ${problem}`)
    }
    copy.batches = copy.batches.filter(isThere)
    if (isAnew) copy.batches = []
  }

  /** What is wrong with a receipt; null: it is what was cut, and keeps that. */
  #problemOf(
    { from, to, cut }: Receipt,
    { node }: ClusterMachine,
    { seen, deletedBelow }: { seen: readonly SeenBatch[]; deletedBelow: number },
    isThere: (batch: SeenBatch) => boolean,
  ): string | null {
    const within = seen.filter(({ base, next }) => base < (to ?? 0) && next > from)
    const [first, last] = [within[0], within.at(-1)]
    // The log may have begun within the first.
    const isFirst = first !== undefined && (first.base === from || (first.base < from && from <= deletedBelow))
    if (!isFirst || last?.next !== to) return `it says ${from} to ${to}, cut was ${first?.base} to ${last?.next}`
    const records = within.reduce((sum, batch) => sum + batch.records, 0)
    if (cut?.records !== records) return `it says ${cut?.records} records, cut were ${records}`
    const survivor =
      cut.beginsAnewAt === null ? within.find((batch) => batch.base >= from && isThere(batch)) : undefined
    if (survivor !== undefined) return `the batch at ${survivor.base} is still there`
    if (cut.kept === null) return 'it keeps nothing'
    const kept = seenIn(Buffer.from(node.disk.peek(`/data/${cut.kept.file}`)))
    const differs =
      kept.length !== within.length ||
      kept.some(({ crc, base }, at) => {
        return crc !== within[at]?.crc || base !== within[at]?.base
      })
    return differs ? `it keeps ${kept.length} batches, cut were ${within.length}, or others` : null
  }
}

/** Whether the receipt tells of the batch, or of some of it. */
function covers({ from, to }: Receipt, { base, next }: SeenBatch): boolean {
  return next > from && base < (to ?? 0)
}
