import { AskFailed, type Asks, NoAnswer, Refusal } from '../../peer/asks.ts'
import type { Replica } from '../../replica/replica.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Random } from '../../runtime/random.ts'
import { rest } from '../../runtime/rest.ts'
import type { DecisionContext } from '../controller/decision.ts'
import type { AnswerOf, Operation, operations, RequestTo } from '../controller/operations.ts'
import type { ClusterImage } from '../image.ts'
import { type Coordinator, CoordinatorUnavailable } from './coordinator.ts'
import { Decider, NotDeciding } from './decider.ts'
import type { ImageReplay } from './image-replay.ts'
import {
  type AskedOperation,
  decodeAsked,
  decodeDecided,
  type DecidedOperation,
  encodeAsked,
  encodeDecided,
} from './operation-frames.ts'

/** What brokers ask the one that leads the metadata log. */
const subject = 'metadata operation'
/** How long a change is tried while nobody decides, and how long it may take. */
const patienceMs = 5_000
const tryAgainMs = 30

/**
 * The coordinator that lives in the brokers themselves: a replicated log whose records are the image. Whoever leads that log
 * decides, the others pass on what they are asked. A change is answered when it is in effect on the broker that was asked.
 */
export class EmbeddedCoordinator implements Coordinator {
  readonly #replica: Replica
  readonly #replay: ImageReplay
  readonly #decider: Decider
  readonly #asks: Asks | null
  readonly #clock: Clock
  #isStopped = false

  constructor(parts: {
    replica: Replica
    replay: ImageReplay
    /** Null: the cluster has no other brokers. */
    asks: Asks | null
    clock: Clock
    random: Random
    rulesOf: DecisionContext['rulesOf']
    /** What it decides by. */
    operations: typeof operations
  }) {
    this.#replica = parts.replica
    this.#replay = parts.replay
    this.#asks = parts.asks
    this.#clock = parts.clock
    this.#decider = new Decider(parts)
    parts.asks?.answer(subject, (_from, body) => this.#answer(body))
  }

  get image(): ClusterImage {
    return this.#replay.image
  }

  /** Whether this broker decides, as far as it knows. */
  get decides(): boolean {
    return this.#replica.leads
  }

  /** Takes no further change; resolves when those under way are in effect or refused. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#decider.stop()
    await this.#replay.stop()
  }

  async submit<O extends Operation>(operation: O, request: RequestTo<O>): Promise<AnswerOf<O>> {
    const untilMs = this.#clock.monotonicMs() + patienceMs
    for (;;) {
      if (this.#isStopped) throw new CoordinatorUnavailable('this broker stops')
      const decided = await this.#askWhoDecides({ operation, request }, untilMs)
      if (decided !== null) {
        await this.#inEffect(decided, untilMs)
        return decided.answer as AnswerOf<O>
      }
      if (this.#clock.monotonicMs() >= untilMs) throw new CoordinatorUnavailable('nobody leads it')
      await rest(this.#clock, tryAgainMs)
    }
  }

  /** Null: nothing was done, somebody else may decide. */
  async #askWhoDecides(asked: AskedOperation, untilMs: number): Promise<DecidedOperation | null> {
    try {
      if (this.#replica.leads) return await this.#decider.decide(asked)
      const leader = this.#replica.knownLeader
      if (leader === null || this.#asks === null) return null
      const withinMs = Math.max(1, untilMs - this.#clock.monotonicMs())
      return decodeDecided(await this.#asks.ask(leader, subject, encodeAsked(asked), withinMs))
    } catch (error) {
      if (error instanceof NotDeciding || (error instanceof AskFailed && error.why !== 'lost')) return null
      if (error instanceof AskFailed) throw new CoordinatorUnavailable(error.message)
      throw error
    }
  }

  async #inEffect({ upTo }: DecidedOperation, untilMs: number): Promise<void> {
    if (this.#replay.inEffectUpTo >= upTo) return
    const withinMs = Math.max(tryAgainMs, untilMs - this.#clock.monotonicMs())
    await new Promise<void>((resolve, reject) => {
      const timer = this.#clock.setTimer(withinMs, () => {
        reject(new CoordinatorUnavailable('what was decided is not in effect here yet'))
      })
      this.#replay
        .whenInEffect(upTo)
        .finally(() => timer.cancel())
        .then(resolve, reject)
    })
  }

  async #answer(body: Uint8Array): Promise<Uint8Array> {
    try {
      return encodeDecided(await this.#decider.decide(decodeAsked(body)))
    } catch (error) {
      if (error instanceof NotDeciding) throw new Refusal('this broker does not decide')
      if (error instanceof CoordinatorUnavailable) throw new NoAnswer(error.message)
      throw error
    }
  }
}
