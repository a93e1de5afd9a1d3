import type { LeaderEpoch } from '../../record/offset.ts'
import { invariant } from '../../runtime/invariant.ts'
import type { LogPosition, OwnPosition } from '../log-position.ts'
import { type BrokerId, isSameReplica, type ReplicaId } from '../replica-id.ts'
import type { ReplicationRules } from '../rules.ts'
import type { ElectionMessage, Led, Stand, Vote, VoteRequest } from './vote.ts'

export type ElectionEvent =
  /**
   * The election timer has run out: nobody leads. `isLeaving`: the newest set has this replica no more, and is not committed. It may be the only
   * one that has that set, and is to stand until others have it; its own vote does not count (Raft thesis, section 4.2.2).
   */
  | { type: 'timeout'; log: LogPosition; isLeaving?: boolean }
  /** The epoch and vote of a `persist` are on the disk. */
  | { type: 'persisted'; epoch: LeaderEpoch }
  /** What another replica says; `log` is this replica's own. */
  | { type: 'received'; message: ElectionMessage; log: OwnPosition }
  /** Brokers of which nothing is heard, whenever that changes. At the start it is all of them. */
  | { type: 'silent'; brokers: ReadonlySet<BrokerId> }
  /** There is a new stream to a broker, which may have been started anew, silent or not. */
  | { type: 'connected'; broker: BrokerId }
  /** Who was followed in epoch `followed` does not lead in it, and knows of this newest epoch and its leader (null: nobody). */
  | { type: 'misled'; followed: LeaderEpoch; epoch: LeaderEpoch; leader: BrokerId | null }
  /** The replica has followed a leader up to a watermark of its epoch: what it may have lost, it has again. */
  | { type: 'trusted' }
  /** The replica's log turned out to be damaged. */
  | { type: 'suspected' }
  /** A voter set was appended to this replica's log, or cut off it: this one counts from now on. */
  | { type: 'voters'; voters: readonly ReplicaId[] }
  /** A set without this replica is committed, which leads. */
  | { type: 'removed' }
  /** A leader is to hand over to that broker's replica, which keeps pace. */
  | { type: 'hand-over'; to: BrokerId }
  /** It has all that is here, and all of that is committed. */
  | { type: 'caught-up'; broker: BrokerId; log: LogPosition }

/** To be carried out in order, each when the one before it is done. */
export type ElectionEffect =
  /** Durable before anything that comes after it: votes and epochs are on the disk before anybody hears of them. */
  | { type: 'persist'; epoch: LeaderEpoch; votedFor: ReplicaId | null }
  | { type: 'send'; to: BrokerId; message: ElectionMessage }
  | { type: 'lead'; epoch: LeaderEpoch }
  | { type: 'follow'; epoch: LeaderEpoch; leader: BrokerId }
  /** Nobody leads, as far as this replica knows. */
  | { type: 'resign'; epoch: LeaderEpoch }
  /** Takes no writes, and tells when that replica has caught up; until `take-back`, or the end of the leadership. */
  | { type: 'hand-over'; to: BrokerId }
  /** It goes on leading after all. */
  | { type: 'take-back' }
  /** Sets the election timer anew, for a time drawn at random. */
  | { type: 'arm-timer' }
  | { type: 'disarm-timer' }

export interface ElectionStart {
  readonly self: ReplicaId
  readonly voters: readonly ReplicaId[]
  /** As they stand on the disk. */
  readonly epoch: LeaderEpoch
  readonly votedFor: ReplicaId | null
  /** It may have lost what it has acknowledged: it neither votes nor stands until it is trusted again. */
  readonly suspect: boolean
  readonly rules: Pick<ReplicationRules, 'isUpToDate' | 'mayStand'>
}

type Role = 'unattached' | 'prospective' | 'candidate' | 'leader' | 'follower'

/**
 * How the replicas of a `self` group choose their leader. Sans-IO.
 *
 * - unattached → prospective: the timer runs out; asks whether it would be elected
 * - prospective → candidate: a majority says yes; takes a new epoch and votes for itself
 * - candidate → leader: a majority has voted for it, its own vote counted once it is on the disk
 * - prospective, candidate → unattached, and again: the timer runs out
 * - any → follower: somebody leads in the same or a newer epoch
 * - any → unattached: a newer epoch without a leader; follower: its leader is silent or denies that it leads;
 *   leader: a majority is silent, or its log is damaged
 * - leader → handing over (still leader): it is asked to, by whoever wants another one; back when its timer runs out, or when
 *   the other one falls silent; over when that one has been elected
 * - follower → candidate: its leader hands over to it, and it has all that the leader has
 *
 * An epoch is led once, by one replica, and no replica votes twice in it.
 */
export class Election {
  readonly #self: ReplicaId
  #voters: readonly ReplicaId[]
  readonly #rules: Pick<ReplicationRules, 'isUpToDate' | 'mayStand'>
  #role: Role = 'unattached'
  #epoch: LeaderEpoch
  #votedFor: ReplicaId | null
  #leader: BrokerId | null = null
  #suspect: boolean
  #granted = new Set<BrokerId>()
  /** All that were ever in touch: those who are no voters follow as well. */
  readonly #met = new Set<BrokerId>()
  #silent: ReadonlySet<BrokerId>
  /** To whom it hands over, while it leads. */
  #successor: { readonly broker: BrokerId; isToldToStand: boolean } | null = null

  constructor(start: ElectionStart) {
    this.#self = start.self
    this.#voters = start.voters
    this.#epoch = start.epoch
    this.#votedFor = start.votedFor
    this.#suspect = start.suspect
    this.#rules = start.rules
    this.#silent = new Set(this.#others().map(({ broker }) => broker))
    for (const broker of this.#silent) this.#met.add(broker)
  }

  get role(): Role {
    return this.#role
  }

  get epoch(): LeaderEpoch {
    return this.#epoch
  }

  /** What a replica that has just started does: it waits for a leader, and stands when none comes. One alone stands. */
  start(log: LogPosition): ElectionEffect[] {
    return this.#others().length === 0 ? this.#onTimeout(log) : [{ type: 'arm-timer' }]
  }

  step(event: ElectionEvent): ElectionEffect[] {
    switch (event.type) {
      case 'timeout':
        return this.#onTimeout(event.log, event.isLeaving === true)
      case 'persisted':
        return event.epoch === this.#epoch && this.#role === 'candidate' ? this.#onGranted(this.#self) : []
      case 'received':
        return this.#onMessage(event.message, event.log)
      case 'silent':
        return this.#onSilent(event.brokers)
      case 'connected':
        this.#met.add(event.broker)
        return this.#role === 'leader' ? [this.#tell(event.broker, this.#self.broker)] : []
      case 'misled':
        return this.#onMisled(event)
      case 'trusted':
        this.#suspect = false
        return []
      case 'suspected':
        return this.#onSuspected()
      case 'voters':
        return this.#onVoters(event.voters)
      case 'removed':
        return this.#role === 'leader' && !this.#isVoter(this.#self) ? this.#unattach() : []
      case 'hand-over':
        return this.#onHandOver(event.to)
      case 'caught-up':
        return this.#onCaughtUp(event)
      default:
        return event satisfies never
    }
  }

  /** It neither leads nor stands; one alone goes on with what it has. */
  #onSuspected(): ElectionEffect[] {
    if (this.#others().length === 0) return []
    this.#suspect = true
    return this.#role === 'follower' || this.#role === 'unattached' ? [] : this.#unattach()
  }

  #onTimeout(log: LogPosition, isLeaving = false): ElectionEffect[] {
    if (this.#role === 'leader') return this.#takeBack()
    if (this.#role === 'follower') return []
    // Who may not stand only asks around, to be told who leads.
    if (this.#suspect || (!isLeaving && !this.#isVoter(this.#self))) {
      return [{ type: 'arm-timer' }, ...this.#ask({ epoch: this.#epoch + 1, log, pre: true })]
    }
    this.#role = 'prospective'
    this.#granted = new Set([this.#self.broker])
    if (this.#hasMajority()) return this.#stand(log)
    return [{ type: 'arm-timer' }, ...this.#ask({ epoch: this.#epoch + 1, log, pre: true })]
  }

  #stand(log: LogPosition): ElectionEffect[] {
    this.#role = 'candidate'
    this.#epoch += 1
    this.#votedFor = this.#self
    this.#leader = null
    this.#granted.clear()
    return [this.#persist(), { type: 'arm-timer' }, ...this.#ask({ epoch: this.#epoch, log, pre: false })]
  }

  #onMessage(message: ElectionMessage, log: OwnPosition): ElectionEffect[] {
    switch (message.type) {
      case 'vote-request':
        return message.pre ? [this.#preVote(message, log)] : this.#onVoteRequest(message, log)
      case 'vote':
        return this.#onVote(message, log)
      case 'led':
        return this.#onLed(message)
      case 'stand':
        return this.#onStand(message, log)
      default:
        return message satisfies never
    }
  }

  /** Promises nothing and changes nothing: so a replica that was cut off cannot disturb a group that works. */
  #preVote(request: VoteRequest, log: OwnPosition): ElectionEffect {
    // A leader that asks for votes itself leads no longer.
    const leader = this.#knownLeader()
    const contented = leader !== null && leader !== request.candidate.broker
    const granted = !contented && request.epoch > this.#epoch && this.#mayVoteFor(request, log)
    return this.#answer(request, granted)
  }

  #onVoteRequest(request: VoteRequest, log: OwnPosition): ElectionEffect[] {
    if (request.epoch < this.#epoch) return [this.#answer(request, false)]
    // Before it decides: a log that its leader still added to would not be the one that the vote was given on.
    const left = request.epoch > this.#epoch ? this.#leaveFor(request.epoch) : []
    const free = this.#votedFor === null || isSameReplica(this.#votedFor, request.candidate)
    const granted = free && this.#leader === null && this.#mayVoteFor(request, log)
    if (granted) this.#votedFor = request.candidate
    return [
      ...left,
      ...(left.length > 0 || granted ? [this.#persist(), { type: 'arm-timer' } as const] : []),
      this.#answer(request, granted),
    ]
  }

  #mayVoteFor(request: VoteRequest, log: OwnPosition): boolean {
    // Whether either votes is for the candidate to know: its log may have a set of voters that this one has not got yet. Votes of
    // others than its voters it does not count (KIP-853).
    if (this.#suspect) return false
    // An emptied log does not know how new its last entry was, and any candidate's would be newer: one that never had what was
    // committed and then deleted here would give its offsets out again.
    if (request.log.endOffset < log.logStartOffset) return false
    return this.#rules.isUpToDate(request.log, log)
  }

  #onVote(vote: Vote, log: LogPosition): ElectionEffect[] {
    if (vote.voterEpoch > this.#epoch) return this.#onNewer(vote.voterEpoch, vote.leader)
    if (vote.leader !== null) return this.#onLed({ type: 'led', epoch: vote.voterEpoch, leader: vote.leader })
    if (!vote.granted || !this.#isVoter(vote.voter)) return []
    const asked = vote.pre ? this.#role === 'prospective' : this.#role === 'candidate'
    // A vote of an earlier candidacy says nothing about this one.
    if (!asked || vote.epoch !== (vote.pre ? this.#epoch + 1 : this.#epoch)) return []
    if (!vote.pre) return this.#onGranted(vote.voter)
    this.#granted.add(vote.voter.broker)
    return this.#hasMajority() ? this.#stand(log) : []
  }

  #onGranted(voter: ReplicaId): ElectionEffect[] {
    this.#granted.add(voter.broker)
    if (!this.#hasMajority()) return []
    this.#role = 'leader'
    this.#leader = this.#self.broker
    return [
      { type: 'disarm-timer' },
      { type: 'lead', epoch: this.#epoch },
      ...[...this.#met].map((broker) => this.#tell(broker, this.#self.broker)),
    ]
  }

  #onLed({ epoch, leader }: Led): ElectionEffect[] {
    if (epoch > this.#epoch) return this.#onNewer(epoch, leader)
    if (epoch < this.#epoch) {
      // A leader of an earlier epoch that has not heard of its end yet.
      const known = this.#knownLeader()
      return known === null || leader === this.#self.broker ? [] : [this.#tell(leader, known)]
    }
    // It has led this epoch before it was started again or lost touch. No epoch is led twice.
    if (leader === this.#self.broker) return []
    invariant(this.#leader === null || this.#leader === leader, 'two leaders in one epoch', {
      epoch,
      leader,
      known: this.#leader,
    })
    return this.#role === 'follower' ? [] : this.#follow(leader)
  }

  #onVoters(voters: readonly ReplicaId[]): ElectionEffect[] {
    this.#voters = voters
    for (const { broker } of this.#others()) this.#met.add(broker)
    // Who was out of touch before is so still; the next news says who is.
    if (this.#role === 'leader') return [...this.#keepFrom(voters), ...this.#onSilent(this.#silent)]
    // It asks anew, with those that count now.
    return this.#role === 'prospective' || this.#role === 'candidate' ? this.#unattach() : []
  }

  #onMisled({ followed, epoch, leader }: ElectionEvent & { type: 'misled' }): ElectionEffect[] {
    if (epoch > this.#epoch) return this.#onNewer(epoch, leader)
    return followed === this.#epoch && this.#role === 'follower' ? this.#unattach() : []
  }

  #onNewer(epoch: LeaderEpoch, leader: BrokerId | null): ElectionEffect[] {
    const left = this.#leaveFor(epoch)
    // On the disk before the first fetch: a fetch acknowledges in the epoch that it names.
    const follows = leader === null || leader === this.#self.broker ? [] : this.#follow(leader)
    return [...left, this.#persist(), { type: 'arm-timer' }, ...follows]
  }

  #follow(leader: BrokerId): ElectionEffect[] {
    this.#role = 'follower'
    this.#leader = leader
    const follow: ElectionEffect = { type: 'follow', epoch: this.#epoch, leader }
    return this.#silent.has(leader) ? [follow, ...this.#unattach()] : [{ type: 'disarm-timer' }, follow]
  }

  #onSilent(silent: ReadonlySet<BrokerId>): ElectionEffect[] {
    this.#silent = silent
    if (this.#role === 'follower') return silent.has(this.#leader ?? -1) ? this.#unattach() : []
    if (this.#role !== 'leader') return []
    const back = silent.has(this.#successor?.broker ?? -1) ? this.#takeBack() : []
    const inTouch = this.#voters.filter((voter) => !silent.has(voter.broker)).length
    // Check-quorum: a leader that cannot commit must not keep clients waiting (Raft thesis, section 6.2).
    return inTouch * 2 > this.#voters.length ? back : this.#unattach()
  }

  #onHandOver(to: BrokerId): ElectionEffect[] {
    const isOther = to !== this.#self.broker && this.#voters.some(({ broker }) => broker === to)
    if (this.#role !== 'leader' || this.#successor !== null || !isOther || this.#silent.has(to)) return []
    this.#successor = { broker: to, isToldToStand: false }
    return [{ type: 'hand-over', to }, { type: 'arm-timer' }]
  }

  #onCaughtUp({ broker, log }: ElectionEvent & { type: 'caught-up' }): ElectionEffect[] {
    const successor = this.#successor
    if (successor === null || successor.broker !== broker || successor.isToldToStand) return []
    successor.isToldToStand = true
    const message: Stand = { type: 'stand', epoch: this.#epoch, leader: this.#self.broker, log }
    // The time to be elected begins now: to take writes again while the other one stands would be to have them cut.
    return [{ type: 'arm-timer' }, { type: 'send', to: broker, message }]
  }

  /** Nobody is asked whether it would be elected: its leader has said so, and whoever hears of the new epoch leaves that leader. */
  #onStand({ epoch, leader, log: leaders }: Stand, log: LogPosition): ElectionEffect[] {
    const isFollowed = this.#role === 'follower' && epoch === this.#epoch && leader === this.#leader
    if (!isFollowed || this.#suspect || !this.#isVoter(this.#self)) return []
    if (!this.#rules.mayStand(log, leaders)) return []
    // What was followed is left before it is decided, as with a vote.
    return [{ type: 'resign', epoch }, ...this.#stand(log)]
  }

  /** Whoever is no voter any more is handed nothing. */
  #keepFrom(voters: readonly ReplicaId[]): ElectionEffect[] {
    return voters.some(({ broker }) => broker === this.#successor?.broker) ? [] : this.#takeBack()
  }

  /** Whoever was to lead may stand still, and is then heard as anybody else. */
  #takeBack(): ElectionEffect[] {
    if (this.#successor === null) return []
    this.#successor = null
    return [{ type: 'disarm-timer' }, { type: 'take-back' }]
  }

  /** Goes on in the same epoch without a leader: whoever led it may be elected anew, in a later one. */
  #unattach(): ElectionEffect[] {
    this.#role = 'unattached'
    this.#successor = null
    return [{ type: 'resign', epoch: this.#epoch }, { type: 'arm-timer' }]
  }

  /** Ends what it does in its epoch, for a newer one in which it has not voted and knows no leader. */
  #leaveFor(epoch: LeaderEpoch): ElectionEffect[] {
    const resign: ElectionEffect = { type: 'resign', epoch: this.#epoch }
    this.#role = 'unattached'
    this.#epoch = epoch
    this.#successor = null
    this.#votedFor = null
    this.#leader = null
    this.#granted.clear()
    return [resign]
  }

  #ask(request: { epoch: LeaderEpoch; log: LogPosition; pre: boolean }): ElectionEffect[] {
    const message: VoteRequest = { type: 'vote-request', candidate: this.#self, ...request }
    return this.#others().map(({ broker }) => ({ type: 'send', to: broker, message }))
  }

  #answer(request: VoteRequest, granted: boolean): ElectionEffect {
    const { epoch, pre, candidate } = request
    const own = { voter: this.#self, voterEpoch: this.#epoch, leader: this.#knownLeader() }
    const message: Vote = { type: 'vote', epoch, pre, granted, ...own }
    return { type: 'send', to: candidate.broker, message }
  }

  #tell(to: BrokerId, leader: BrokerId): ElectionEffect {
    return { type: 'send', to, message: { type: 'led', epoch: this.#epoch, leader } }
  }

  #persist(): ElectionEffect {
    return { type: 'persist', epoch: this.#epoch, votedFor: this.#votedFor }
  }

  /** A leader that is silent is none to name: who follows it would only be left again. */
  #knownLeader(): BrokerId | null {
    return this.#role === 'leader' || this.#role === 'follower' ? this.#leader : null
  }

  #others(): ReplicaId[] {
    return this.#voters.filter((voter) => !isSameReplica(voter, this.#self))
  }

  #isVoter(replica: ReplicaId): boolean {
    return this.#voters.some((voter) => isSameReplica(voter, replica))
  }

  #hasMajority(): boolean {
    const granted = this.#voters.filter(({ broker }) => this.#granted.has(broker)).length
    return granted * 2 > this.#voters.length
  }
}
