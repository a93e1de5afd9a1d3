import type { LeaderEpoch } from '../record/offset.ts'
import { mayTakeOver } from '../replication/elect/hand-over.ts'
import { Election, type ElectionEffect, type ElectionEvent } from '../replication/elect/self.ts'
import type { ElectionMessage } from '../replication/elect/vote.ts'
import type { OwnPosition } from '../replication/log-position.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import { type ReplicationRules, replicationRules } from '../replication/rules.ts'
import { setsOf, type VoterSet } from '../replication/voters.ts'
import type { Timer } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { Replica } from './replica.ts'
import { readVote, writeVote } from './vote-file.ts'

export interface SelfElectedOptions {
  readonly runtime: Runtime
  readonly replica: Replica
  /** The replica's folder: its vote is kept there. */
  readonly directory: string
  readonly self: ReplicaId
  readonly suspect: boolean
  /** A replica without a leader stands after a time drawn from here, in ms. */
  readonly electionMs: readonly [min: number, max: number]
  readonly send: (to: BrokerId, message: ElectionMessage) => void
  readonly rules?: ReplicationRules
  /** Called when the replica leads, follows or has no leader, in another epoch than before. */
  readonly changed?: () => void
  /** Called when a vote could not be written. */
  readonly failed?: (fault: DiskFault) => void
}

const noVoters: VoterSet = { offset: -1, voters: [], learner: null }

/** What happens to an election; the log's position is added when its turn comes. */
export type ElectionInput =
  | Exclude<ElectionEvent, { readonly log: unknown }>
  | { type: 'timeout' }
  | { type: 'received'; message: ElectionMessage }
  | { type: 'caught-up'; broker: BrokerId }

/** What became of a leadership that was to be handed over. `unfit`: to that replica it cannot be, and nothing has happened. */
export type HandedOver = 'handed-over' | 'not-leader' | 'unfit' | 'kept'

/**
 * Has a replica of a `self` group take part in its elections: feeds the core one event after the other, and carries out
 * what it says in order. Votes and epochs are on the disk before anybody hears of them, and no event is looked at while
 * the log is being cut, since its end is then not what it will be.
 */
export class SelfElected {
  readonly #options: SelfElectedOptions
  readonly #election: Election
  readonly #inputs: ElectionInput[] = []
  #isWorking = false
  #timer: Timer | null = null
  #isClosed = false
  #handingOver: { readonly to: BrokerId; readonly settle: (outcome: HandedOver) => void } | null = null

  private constructor(options: SelfElectedOptions, vote: { epoch: LeaderEpoch; votedFor: ReplicaId | null }) {
    this.#options = options
    this.#election = new Election({
      self: options.self,
      voters: options.replica.voters?.voters ?? [],
      // No epoch is used twice, whatever the log or the file has lost.
      epoch: Math.max(vote.epoch, options.replica.log.lastEpoch, 0),
      votedFor: vote.epoch >= options.replica.log.lastEpoch ? vote.votedFor : null,
      suspect: options.suspect,
      rules: options.rules ?? replicationRules,
    })
  }

  /** Reads the vote and begins to take part. With the only voter it leads when this resolves. */
  static async start(options: SelfElectedOptions): Promise<SelfElected> {
    const vote = await readVote(options.runtime.disk, options.directory)
    const elected = new SelfElected(options, vote)
    await elected.#work(elected.#election.start(elected.#position))
    return elected
  }

  get epoch(): LeaderEpoch {
    return this.#election.epoch
  }

  take(input: ElectionInput): void {
    this.#inputs.push(input)
    if (!this.#isWorking) this.#work([]).catch((error: unknown) => this.#onFault(error))
  }

  /**
   * Hands the leadership over to that broker's replica. Resolves when somebody else leads, or this one leads on; `unfit` also
   * while an earlier one is under way.
   */
  handOver(to: BrokerId): Promise<HandedOver> {
    if (!this.#options.replica.leads || this.#isClosed) return Promise.resolve('not-leader')
    if (!this.#isFit(to) || this.#handingOver !== null) return Promise.resolve('unfit')
    return new Promise((resolve) => {
      this.#handingOver = { to, settle: resolve }
      this.take({ type: 'hand-over', to })
    })
  }

  /** To the first of the voters that keeps pace. */
  handOverToAny(): Promise<HandedOver> {
    const successor = this.#options.replica.voters?.voters.find(({ broker }) => this.#isFit(broker))
    return successor === undefined ? Promise.resolve('unfit') : this.handOver(successor.broker)
  }

  #isFit(successor: BrokerId): boolean {
    const { replica, runtime } = this.#options
    const state = replica.followers().find(({ broker }) => broker === successor)
    return mayTakeOver(state, runtime.clock.monotonicMs())
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#settle('not-leader')
  }

  /** The disk has failed: it takes part no more, until it is started again. The others need not wait for that. */
  leave(): void {
    if (this.#isClosed) return
    const { replica, changed } = this.#options
    this.close()
    replica.resign(replica.epoch, null)
    changed?.()
  }

  async #work(first: ElectionEffect[]): Promise<void> {
    const { replica } = this.#options
    this.#isWorking = true
    for (let effects = first; ; effects = this.#step(this.#inputs.shift() as ElectionInput)) {
      await this.#carryOut(effects)
      await replica.settled()
      // A replica whose log has failed neither votes nor leads.
      if (this.#inputs.length === 0 || this.#isClosed || replica.log.fault !== null) break
    }
    this.#isWorking = false
  }

  get #position(): OwnPosition {
    const { lastEpoch, logStartOffset, logEndOffset: endOffset } = this.#options.replica.log
    return { lastEpoch, logStartOffset, endOffset }
  }

  #step(input: ElectionInput): ElectionEffect[] {
    const log = this.#position
    if (input.type === 'timeout') {
      const { self, voterLog, highWatermark } = this.#options.replica
      // A set without this replica stands in its log, and is not committed, as far as it knows.
      const isLeaving = voterLog?.history.isLeaving(self, highWatermark) === true
      return this.#election.step({ ...input, log, isLeaving })
    }
    if (input.type === 'received' || input.type === 'caught-up') return this.#election.step({ ...input, log })
    const effects = this.#election.step(input)
    if (input.type === 'hand-over' && effects.length === 0) this.#settle('unfit')
    return effects
  }

  #settle(outcome: HandedOver): void {
    const handingOver = this.#handingOver
    this.#handingOver = null
    handingOver?.settle(outcome)
  }

  async #carryOut(effects: ElectionEffect[]): Promise<void> {
    const { replica, runtime, directory, send } = this.#options
    for (const effect of effects) {
      switch (effect.type) {
        case 'persist':
          await writeVote(runtime.disk, directory, { epoch: effect.epoch, votedFor: effect.votedFor })
          this.#inputs.unshift({ type: 'persisted', epoch: effect.epoch })
          break
        case 'send':
          send(effect.to, effect.message)
          break
        case 'lead':
          await replica.settled()
          this.#tell('leads', { epoch: effect.epoch })
          replica.lead(effect.epoch, setsOf(replica.voters ?? noVoters))
          this.#settle('kept')
          break
        case 'follow':
          await replica.settled()
          this.#tell('follows a leader', { epoch: effect.epoch, leader: effect.leader })
          replica.follow(effect.epoch, effect.leader)
          this.#settle(effect.leader === this.#handingOver?.to ? 'handed-over' : 'not-leader')
          break
        case 'hand-over':
          this.#tell('hands over', { epoch: this.epoch, to: effect.to })
          replica.handOver(effect.to, () => this.take({ type: 'caught-up', broker: effect.to }))
          break
        case 'take-back':
          this.#tell('leads on', { epoch: this.epoch })
          replica.takeBack()
          this.#settle('kept')
          break
        case 'resign':
          this.#tell('has no leader', { epoch: effect.epoch })
          replica.resign(effect.epoch, null)
          break
        case 'arm-timer':
          this.#armTimer()
          break
        case 'disarm-timer':
          this.#timer?.cancel()
          break
        default:
          effect satisfies never
      }
      if (effect.type === 'lead' || effect.type === 'follow' || effect.type === 'resign') this.#options.changed?.()
    }
  }

  #tell(what: string, facts: object): void {
    const { runtime, replica } = this.#options
    const { topic, partition } = replica
    runtime.logger.info({ topic, partition, ...facts, ...this.#position }, `a replica ${what}`)
  }

  /** What it cannot write down it must not say: it takes part no more, until it is started again. */
  #onFault(error: unknown): void {
    if (!(error instanceof DiskFault)) throw error
    // Its folder is being removed.
    if (this.#isClosed) return
    const { runtime, replica } = this.#options
    const facts = { topic: replica.topic, partition: replica.partition, error: error.message }
    runtime.logger.error(facts, 'a vote could not be written: this replica takes part in no election')
    this.leave()
    this.#options.failed?.(error)
  }

  #armTimer(): void {
    const { runtime, electionMs } = this.#options
    const [min, max] = electionMs
    this.#timer?.cancel()
    this.#timer = runtime.clock.setTimer(min + runtime.random.float() * (max - min), () =>
      this.take({ type: 'timeout' }),
    )
  }
}
