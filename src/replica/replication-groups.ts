import type { PeerFrame } from '../peer/peer-frames.ts'
import type { PeerId } from '../peer/peer-id.ts'
import type { Peers } from '../peer/peers.ts'
import { TurnOutbox } from '../peer/turn-outbox.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import type { ElectionMessage } from '../replication/elect/vote.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'
import type { GroupLink } from './group-link.ts'
import type { Replica } from './replica.ts'
import type { HandedOver, SelfElected } from './self-elected.ts'

/** A replication group by the name that all its members know it by. */
export interface GroupName {
  readonly topicId: string
  readonly partition: number
}

/** A replica of a group on this broker; `election` where the group elects its leader itself. */
export interface GroupMember {
  readonly replica: Replica
  readonly election: SelfElected | null
}

interface LeaderNews extends GroupName {
  readonly epoch: LeaderEpoch
  readonly leader: BrokerId
}

interface OutgoingFetch {
  readonly group: GroupName
  readonly request: FetchRequest
}

interface OutgoingAnswer {
  readonly group: GroupName
  readonly answer: FetchAnswer<readonly Uint8Array[]>
  readonly sent: () => void
}

const keyOf = ({ topicId, partition }: GroupName): string => `${topicId}:${partition}`

const outcomes = { entries: 0, diverging: 1, 'not-leader': 2, gone: 3 } as const

/**
 * The replication groups that this broker has a replica of, and the streams to the other brokers that they all share.
 * What several groups have to say to one broker in one turn goes out as one frame.
 */
export class ReplicationGroups {
  readonly #members = new Map<string, GroupMember>()
  readonly #peers: Peers
  readonly #fetches: TurnOutbox<OutgoingFetch>
  readonly #answers: TurnOutbox<OutgoingAnswer>
  readonly #news: TurnOutbox<LeaderNews>
  /** Who leads groups that elect their leaders themselves, by what was heard last. */
  readonly #leaders = new Map<string, LeaderNews>()

  constructor(clock: Clock, peers: Peers) {
    this.#peers = peers
    this.#fetches = new TurnOutbox(clock, (to, fetches) => this.#sendFetches(to, fetches))
    this.#answers = new TurnOutbox(clock, (to, answers) => this.#sendAnswers(to, answers))
    this.#news = new TurnOutbox(clock, (to, groups) => void peers.send(to, { type: 'leaders', groups }))
    peers.listen({
      received: (from, frame) => this.#received(from, frame),
      connected: ({ broker }) => {
        for (const news of this.#leaders.values()) this.#news.add(broker, news)
        for (const { replica, election } of this.#members.values()) {
          replica.connected(broker)
          election?.take({ type: 'connected', broker })
        }
      },
      disconnected: ({ broker }) => {
        for (const { replica } of this.#members.values()) replica.disconnected(broker)
      },
      silent: (brokers) => {
        for (const { election } of this.#members.values()) election?.take({ type: 'silent', brokers })
      },
    })
  }

  /** No replica takes part in an election any more, or leads: their logs are about to be closed, and whoever waits is told. */
  close(): void {
    for (const { replica, election } of this.#members.values()) {
      election?.close()
      replica.resign(replica.epoch, null)
    }
  }

  /** Resolves when no log is being cut: until then none may be closed. */
  async settled(): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ replica }) => replica.settled()))
  }

  /** What a replica of the group needs to reach the others. Its member is to `join` before anything is heard of them. */
  linkFor(group: GroupName): GroupLink & { send(to: BrokerId, message: ElectionMessage): void } {
    return {
      fetch: (to, request) => this.#fetches.add(to, { group, request }),
      misled: (told) => this.#members.get(keyOf(group))?.election?.take({ type: 'misled', ...told }),
      trusted: () => this.#members.get(keyOf(group))?.election?.take({ type: 'trusted' }),
      failed: () => this.#members.get(keyOf(group))?.election?.leave(),
      suspected: () => this.#members.get(keyOf(group))?.election?.take({ type: 'suspected' }),
      voters: (voters) => this.#members.get(keyOf(group))?.election?.take({ type: 'voters', voters }),
      removed: () => this.#members.get(keyOf(group))?.election?.take({ type: 'removed' }),
      send: (to, message) => this.#sendElection(to, group, message),
    }
  }

  join(group: GroupName, member: GroupMember): void {
    this.#members.set(keyOf(group), member)
    member.election?.take({ type: 'silent', brokers: this.#peers.silent })
    // Whoever is in touch already will not come anew.
    for (const { broker } of this.#peers.connected()) member.election?.take({ type: 'connected', broker })
  }

  /** This broker leads the group: all others hear of it, and clients through them. */
  announce(group: GroupName, epoch: LeaderEpoch): void {
    const news = { ...group, epoch, leader: this.#peers.self }
    this.#leaders.set(keyOf(group), news)
    for (const { broker } of this.#peers.connected()) this.#news.add(broker, news)
  }

  /** Who leads a group that elects its leader itself, and is not out of touch; null: nobody that this broker knows of. */
  leaderOf(group: GroupName): { readonly leader: BrokerId; readonly epoch: LeaderEpoch } | null {
    const news = this.#leaders.get(keyOf(group))
    return news === undefined || this.#peers.silent.has(news.leader) ? null : news
  }

  /** This broker has no replica of the group any more. */
  leave(group: GroupName): void {
    this.#members.get(keyOf(group))?.election?.close()
    this.#members.delete(keyOf(group))
  }

  /** Hands the group over to the replica of that broker, if it is led here. */
  handOver(group: GroupName, to: BrokerId): Promise<HandedOver> {
    return this.#members.get(keyOf(group))?.election?.handOver(to) ?? Promise.resolve('not-leader')
  }

  /** Hands over all groups that are led here, each to whoever keeps pace. Resolves when that is done, or cannot be. */
  async handAllOver(): Promise<void> {
    const led = [...this.#members.values()].flatMap(({ replica, election }) => {
      return replica.leads && election !== null ? [election] : []
    })
    await Promise.all(led.map((election) => election.handOverToAny()))
  }

  /** The topic is gone. */
  leaveTopic(topicId: string): void {
    for (const [key, news] of this.#leaders) if (news.topicId === topicId) this.#leaders.delete(key)
    for (const [key, { election }] of this.#members) {
      if (!key.startsWith(`${topicId}:`)) continue
      election?.close()
      this.#members.delete(key)
    }
  }

  #sendFetches(to: BrokerId, fetches: readonly OutgoingFetch[]): void {
    this.#peers.send(to, { type: 'fetch', groups: fetches.map(({ group, request }) => ({ ...group, ...request })) })
  }

  #sendAnswers(to: BrokerId, answers: readonly OutgoingAnswer[]): void {
    const sent = (): void => {
      for (const each of answers) each.sent()
    }
    const groups = answers.map(({ group, answer }) => ({ ...group, ...answerFields(answer) }))
    if (!this.#peers.send(to, { type: 'answer', groups }, sent)) sent()
  }

  #sendElection(to: BrokerId, group: GroupName, message: ElectionMessage): void {
    switch (message.type) {
      case 'vote-request': {
        const { type, epoch, pre, log } = message
        return void this.#peers.send(to, { ...group, type, epoch, pre, ...log })
      }
      case 'vote': {
        const { type, epoch, pre, granted, voterEpoch, leader } = message
        return void this.#peers.send(to, { ...group, type, epoch, pre, granted, voterEpoch, leader: leader ?? -1 })
      }
      case 'led':
        return void this.#peers.send(to, { ...group, ...message })
      case 'stand': {
        const { type, epoch, log } = message
        return void this.#peers.send(to, { ...group, type, epoch, ...log })
      }
      default:
        return message satisfies never
    }
  }

  #received(from: PeerId, frame: PeerFrame): void {
    switch (frame.type) {
      case 'hello':
      case 'beat':
      case 'ask':
      case 'reply':
        return
      case 'fetch':
        for (const { topicId, partition, ...request } of frame.groups) {
          this.#fetched(from, { topicId, partition }, request)
        }
        return
      case 'answer':
        for (const fields of frame.groups) {
          this.#members.get(keyOf(fields))?.replica.answered(from.broker, answerOf(fields))
        }
        return
      case 'leaders':
        for (const news of frame.groups) this.#heardOf(news)
        return
      case 'vote-request':
      case 'vote':
      case 'led':
      case 'stand':
        this.#members.get(keyOf(frame))?.election?.take({ type: 'received', message: electionMessageOf(from, frame) })
        return
      default:
        frame satisfies never
    }
  }

  #heardOf(news: LeaderNews): void {
    const known = this.#leaders.get(keyOf(news))
    if (known === undefined || news.epoch > known.epoch) this.#leaders.set(keyOf(news), news)
  }

  #fetched(from: PeerId, group: GroupName, request: FetchRequest): void {
    const member = this.#members.get(keyOf(group))
    const add = (answer: FetchAnswer<readonly Uint8Array[]>, sent: () => void): void =>
      this.#answers.add(from.broker, { group, answer, sent })
    if (member !== undefined) return member.replica.fetched(from, request, add)
    const { epoch, from: asked } = request
    add({ epoch, from: asked, outcome: 'not-leader', knownEpoch: -1, leader: null }, () => {})
  }
}

type AnswerFields = (PeerFrame & { type: 'answer' })['groups'][number]

function answerFields(answer: FetchAnswer<readonly Uint8Array[]>) {
  const { epoch, from } = answer
  const head = { epoch, from, outcome: outcomes[answer.outcome] }
  switch (answer.outcome) {
    case 'entries':
      return {
        ...head,
        highWatermark: answer.highWatermark,
        replicatedUpTo: answer.replicatedUpTo,
        compactedUpTo: answer.compactedUpTo,
        logStartOffset: answer.logStartOffset,
        logEndOffset: answer.logEndOffset,
        entries: answer.entries,
      }
    case 'diverging':
      return { ...head, endEpoch: answer.end.epoch, endOffset: answer.end.endOffset }
    case 'gone': {
      const { snapshot, logStartOffset } = answer
      const ends = { endEpoch: snapshot?.epoch ?? -1, endOffset: snapshot?.endOffset ?? -1 }
      return { ...head, logStartOffset, ...ends, voters: answer.voters === null ? null : [...answer.voters] }
    }
    case 'not-leader':
      return { ...head, knownEpoch: answer.knownEpoch, leader: answer.leader ?? -1 }
    default:
      return answer satisfies never
  }
}

function answerOf(fields: AnswerFields): FetchAnswer {
  const { epoch, from, outcome, logStartOffset, endEpoch, endOffset } = fields
  if (outcome === outcomes.entries) {
    const { highWatermark, replicatedUpTo, compactedUpTo, logEndOffset } = fields
    const entries = fields.entries ?? new Uint8Array(0)
    const known = { highWatermark, replicatedUpTo, compactedUpTo, logStartOffset, logEndOffset }
    return { epoch, from, outcome: 'entries', ...known, entries }
  }
  if (outcome === outcomes.diverging) return { epoch, from, outcome: 'diverging', end: { epoch: endEpoch, endOffset } }
  if (outcome === outcomes.gone) {
    const snapshot = endOffset < 0 ? null : { epoch: endEpoch, endOffset }
    return { epoch, from, outcome: 'gone', logStartOffset, snapshot, voters: fields.voters }
  }
  const { knownEpoch, leader } = fields
  return { epoch, from, outcome: 'not-leader', knownEpoch, leader: leader < 0 ? null : leader }
}

function electionMessageOf(
  from: ReplicaId,
  frame: PeerFrame & { type: 'vote-request' | 'vote' | 'led' | 'stand' },
): ElectionMessage {
  switch (frame.type) {
    case 'vote-request': {
      const { type, epoch, pre, lastEpoch, endOffset } = frame
      return { type, epoch, pre, candidate: from, log: { lastEpoch, endOffset } }
    }
    case 'vote': {
      const { type, epoch, pre, granted, voterEpoch, leader } = frame
      return { type, epoch, pre, granted, voter: from, voterEpoch, leader: leader < 0 ? null : leader }
    }
    case 'led':
      return { type: frame.type, epoch: frame.epoch, leader: frame.leader }
    case 'stand': {
      const { type, epoch, lastEpoch, endOffset } = frame
      return { type, epoch, leader: from.broker, log: { lastEpoch, endOffset } }
    }
    default:
      return frame satisfies never
  }
}
