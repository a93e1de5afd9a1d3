import { buildBatch } from '../../record/batch-builder.ts'
import { ownBatch } from '../../replica/own-batch.ts'
import type { Replica } from '../../replica/replica.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../../runtime/random.ts'
import type { Decision, DecisionContext } from '../controller/decision.ts'
import type { operations } from '../controller/operations.ts'
import { encodeMetadataRecords } from '../records.ts'
import { CoordinatorUnavailable } from './coordinator.ts'
import type { ImageReplay } from './image-replay.ts'
import type { AskedOperation, DecidedOperation } from './operation-frames.ts'

type Decide = (context: DecisionContext, request: unknown) => Decision<unknown>

/** This broker does not lead the metadata log: nothing was done. */
export class NotDeciding extends Error {}

/**
 * Decides on changes of the image, on the broker that leads the metadata log. Each is decided on the image with all
 * changes before it, appended as one batch, and answered when that is committed and in effect here.
 */
export class Decider {
  readonly #replica: Replica
  readonly #replay: ImageReplay
  readonly #clock: Clock
  readonly #random: Random
  readonly #rulesOf: DecisionContext['rulesOf']
  readonly #operations: typeof operations
  #last: Promise<unknown> = Promise.resolve()
  #isStopped = false

  constructor(parts: {
    replica: Replica
    replay: ImageReplay
    clock: Clock
    random: Random
    rulesOf: DecisionContext['rulesOf']
    operations: typeof operations
  }) {
    this.#replica = parts.replica
    this.#replay = parts.replay
    this.#clock = parts.clock
    this.#random = parts.random
    this.#rulesOf = parts.rulesOf
    this.#operations = parts.operations
  }

  /** Rejects with `NotDeciding` when nothing was done, or with `CoordinatorUnavailable` when that is not known. */
  decide(asked: AskedOperation): Promise<DecidedOperation> {
    const decision = this.#last.then(() => this.#decide(asked))
    // The next one waits for this one, whatever becomes of it.
    this.#last = decision.catch(() => {})
    return decision
  }

  /** Decides nothing more; resolves when what is under way is answered. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#last
  }

  async #decide({ operation, request }: AskedOperation): Promise<DecidedOperation> {
    await this.#knowAll()
    const { image } = this.#replay
    const context = { image, random: this.#random, rulesOf: this.#rulesOf }
    const { records, answer } = (this.#operations[operation] as Decide)(context, request)
    if (records.length === 0) return { answer, upTo: this.#replay.inEffectUpTo }
    const timestamp = this.#clock.nowMs()
    // One batch: it is committed whole or not at all.
    const batch = buildBatch(encodeMetadataRecords(records).map((value) => ({ timestamp, value })))
    const appended = this.#replica.append(ownBatch(batch, timestamp), { allInSync: true })
    if ('code' in appended) {
      if (appended.code === 'not-leader') throw new NotDeciding()
      throw new CoordinatorUnavailable(appended.code)
    }
    const { upTo } = appended
    const refusal = await this.#replica.whenCommitted(upTo)
    if (refusal !== null) throw new CoordinatorUnavailable(refusal.code)
    await this.#replay.whenInEffect(upTo)
    return { answer, upTo }
  }

  /** Everything in the log is committed and in the image: that of earlier leaders too, with the first entry of this one. */
  async #knowAll(): Promise<void> {
    if (this.#isStopped || !this.#replica.leads) throw new NotDeciding()
    const end = this.#replica.log.logEndOffset
    const refusal = await this.#replica.whenCommitted(end)
    if (refusal !== null)
      throw refusal.code === 'not-leader' ? new NotDeciding() : new CoordinatorUnavailable(refusal.code)
    await this.#replay.whenInEffect(end)
    if (!this.#replica.leads) throw new NotDeciding()
  }
}
