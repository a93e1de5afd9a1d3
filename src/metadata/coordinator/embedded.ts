import { buildBatch } from '../../record/batch-builder.ts'
import { visitRecords } from '../../replica/visit-records.ts'
import { commitOwnBatch } from '../../replica/commit-own-batch.ts'
import type { Replica } from '../../replica/replica.ts'
import type { Clock } from '../../runtime/clock.ts'
import { invariant } from '../../runtime/invariant.ts'
import type { Random } from '../../runtime/random.ts'
import type { Decision, DecisionContext } from '../controller/decision.ts'
import { type AnswerOf, type Operation, operations, type RequestTo } from '../controller/operations.ts'
import type { ClusterImage } from '../image.ts'
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from '../records.ts'
import { type Coordinator, CoordinatorUnavailable, type MetadataApplier } from './coordinator.ts'

type Decide = (context: DecisionContext, request: unknown) => Decision<unknown>

/**
 * The coordinator that lives in the brokers themselves: a replicated log whose records are the image. A change is decided on
 * the committed image, appended as one batch, and answered when that is committed, replayed and in effect here.
 * Changes are made one after the other, so that each sees all before it.
 */
export class EmbeddedCoordinator implements Coordinator {
  readonly image: ClusterImage
  readonly #replica: Replica
  readonly #clock: Clock
  readonly #random: Random
  #apply: MetadataApplier = async () => {}
  #last: Promise<unknown> = Promise.resolve()
  #isStopped = false

  private constructor(parts: { image: ClusterImage; replica: Replica; clock: Clock; random: Random }) {
    this.image = parts.image
    this.#replica = parts.replica
    this.#clock = parts.clock
    this.#random = parts.random
  }

  /** Reads the image from the log of a replica that leads. */
  static async load(parts: {
    image: ClusterImage
    replica: Replica
    clock: Clock
    random: Random
  }): Promise<EmbeddedCoordinator> {
    const { image, replica } = parts
    const refusal = await replica.whenCommitted(replica.log.logEndOffset)
    if (refusal !== null) throw new CoordinatorUnavailable(refusal.code)
    await visitRecords(replica, ({ value, offset }) => {
      invariant(value !== null, 'a metadata record without a value', { offset })
      image.replay(decodeMetadataRecord(value), offset)
    })
    return new EmbeddedCoordinator(parts)
  }

  /** From now on committed records are put into effect through `apply`. */
  applyWith(apply: MetadataApplier): void {
    this.#apply = apply
  }

  /** Takes no further change; resolves when those under way are in effect or refused. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#last
  }

  submit<O extends Operation>(operation: O, request: RequestTo<O>): Promise<AnswerOf<O>> {
    const change = this.#last.then(() => this.#change(operations[operation] as Decide, request))
    // The next change waits for this one, whatever becomes of it.
    this.#last = change.catch(() => {})
    return change as Promise<AnswerOf<O>>
  }

  async #change(decide: Decide, request: unknown): Promise<unknown> {
    if (this.#isStopped) throw new CoordinatorUnavailable('not-leader')
    const { records, answer } = decide({ image: this.image, random: this.#random }, request)
    if (records.length > 0) await this.#commit(records)
    return answer
  }

  async #commit(records: readonly MetadataRecord[]): Promise<void> {
    const timestamp = this.#clock.nowMs()
    // One batch: it is committed whole or not at all.
    const batch = buildBatch(records.map((record) => ({ timestamp, value: encodeMetadataRecord(record) })))
    const baseOffset = await commitOwnBatch(this.#replica, batch, timestamp)
    if (typeof baseOffset !== 'number') throw new CoordinatorUnavailable(baseOffset.code)
    for (const [nth, record] of records.entries()) this.image.replay(record, baseOffset + nth)
    await this.#apply(records)
  }
}
