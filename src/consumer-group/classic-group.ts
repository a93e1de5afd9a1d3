import { invariant } from '../runtime/invariant.ts'
import { consumerProtocolType, subscribedTopicsOf } from './consumer-protocol.ts'
import type { MemberProtocol, Ticket } from './group-events.ts'
import { type GroupMember, metadataOf } from './group-member.ts'
import type { StoredGroup } from './group-record.ts'
import type { GroupRefusalCode } from './group-refusal.ts'
import { KnownProtocols } from './known-protocols.ts'

/**
 * States of a group with members, as clients see them. A group that is *Dead* is one that the coordinator no longer
 * has: it is in no map and has no object.
 */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

const mayFollow: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Empty', 'CompletingRebalance', 'Stable'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
}

/**
 * The members of one group and where they are in its rebalance (Kafka's classic protocol). All transitions:
 *
 * - Empty → PreparingRebalance: a first member joins.
 * - PreparingRebalance → CompletingRebalance: all members have (re)joined, or their time is over and those who did not
 *   are out. A new generation begins; the leader gets everyone's metadata.
 * - PreparingRebalance → Empty: as above, and nobody is left.
 * - CompletingRebalance → Stable: the leader's assignment is committed; everyone gets theirs.
 * - CompletingRebalance or Stable → PreparingRebalance: a member joins, changes, leaves, falls silent, or does not
 *   ask for its assignment in time.
 *
 * Knows no record, timer or answer: what those make of a change is decided by the callers.
 */
export class ClassicGroup {
  readonly id: string
  #state: GroupState = 'Empty'
  #previousState: GroupState | null = null
  /** When the group came into its state; -1: unknown. */
  stateTimestamp: number
  /** Raised by every completed rebalance, from 1; 0: there was none. Never goes back. */
  #generation = 0
  /** What kind of members these are, from the first one; null: the group never had members. */
  #protocolType: string | null = null
  /** The protocol that this generation has chosen; null: none. */
  #protocol: string | null = null
  #leader: string | null = null
  /** In joining order; the leader's choice of a successor and of a protocol depends on it. */
  readonly #members = new Map<string, GroupMember>()
  readonly #staticMembers = new Map<string, string>()
  readonly #protocols = new KnownProtocols()
  /** Members whose JoinGroup waits. */
  #awaitingJoin = 0
  /** Ids given out to members that have not come back with them. */
  readonly pendingMembers = new Set<string>()
  /** Members that have not asked for this generation's assignment. */
  readonly pendingSync = new Set<string>()
  /** A member came during the first rebalance: its delay may be extended. */
  newMemberAdded = false
  /** How much of the first rebalance's delay runs now, and what may be added after it. */
  initialDelay: { readonly delayMs: number; readonly remainingMs: number } | null = null
  /** Topics that the members of this generation subscribe to; null: not known (other protocol types, broken metadata). */
  #subscribedTopics: ReadonlySet<string> | null = null

  constructor(id: string, nowMs: number) {
    this.id = id
    this.stateTimestamp = nowMs
  }

  /** The group as its last committed record says: stable with the members in it, or empty. */
  static from(id: string, stored: StoredGroup): ClassicGroup {
    const group = new ClassicGroup(id, stored.stateTimestamp)
    for (const member of stored.members) {
      group.add(
        {
          id: member.memberId,
          instanceId: member.instanceId,
          clientId: member.clientId,
          clientHost: member.clientHost,
          rebalanceTimeoutMs: member.rebalanceTimeoutMs,
          sessionTimeoutMs: member.sessionTimeoutMs,
          protocols: [{ name: stored.protocol ?? '', metadata: member.subscription }],
          assignment: member.assignment,
          isNew: false,
          joinTicket: null,
          syncTicket: null,
        },
        stored.protocolType,
      )
    }
    group.#state = stored.members.length === 0 ? 'Empty' : 'Stable'
    group.#generation = stored.generation
    group.#protocolType = stored.protocolType === '' ? null : stored.protocolType
    group.#protocol = stored.protocol
    group.#leader = stored.leader
    group.#subscribedTopics = group.#computeSubscribedTopics()
    return group
  }

  get state(): GroupState {
    return this.#state
  }

  get generation(): number {
    return this.#generation
  }

  get protocolType(): string | null {
    return this.#protocolType
  }

  get protocol(): string | null {
    return this.#protocol
  }

  get leader(): string | null {
    return this.#leader
  }

  get members(): ReadonlyMap<string, GroupMember> {
    return this.#members
  }

  member(id: string): GroupMember | null {
    return this.#members.get(id) ?? null
  }

  staticMember(instanceId: string): GroupMember | null {
    const id = this.#staticMembers.get(instanceId)
    return id === undefined ? null : this.member(id)
  }

  /** The group's first rebalance since it was empty. */
  get isInitialRebalance(): boolean {
    return this.#state === 'PreparingRebalance' && this.#previousState === 'Empty'
  }

  transition(to: GroupState, nowMs: number): void {
    invariant(mayFollow[to].includes(this.#state), 'a group took a step that does not exist', {
      group: this.id,
      from: this.#state,
      to,
    })
    this.#previousState = this.#state
    this.#state = to
    this.stateTimestamp = nowMs
  }

  add(member: GroupMember, protocolType: string): void {
    if (this.#members.size === 0) this.#protocolType = protocolType
    this.#members.set(member.id, member)
    this.#protocols.add(member.protocols)
    if (member.joinTicket !== null) this.#awaitingJoin++
    if (member.instanceId !== null) this.#staticMembers.set(member.instanceId, member.id)
    this.#leader ??= member.id
    this.pendingMembers.delete(member.id)
  }

  /** Forgets the member; nobody is answered. The next in joining order leads if it did. */
  remove(id: string): void {
    const member = this.#members.get(id)
    if (member !== undefined) {
      this.#members.delete(id)
      this.#protocols.remove(member.protocols)
      if (member.joinTicket !== null) this.#awaitingJoin--
      if (member.instanceId !== null && this.#staticMembers.get(member.instanceId) === id) {
        this.#staticMembers.delete(member.instanceId)
      }
    }
    if (this.#leader === id) this.#leader = this.#members.keys().next().value ?? null
    this.pendingMembers.delete(id)
    this.pendingSync.delete(id)
  }

  /** The member asks to join (again) with these protocols and timeouts; its JoinGroup waits. */
  rejoin(
    member: GroupMember,
    asked: Pick<GroupMember, 'protocols' | 'rebalanceTimeoutMs' | 'sessionTimeoutMs'> & { readonly ticket: Ticket },
  ): void {
    if (member.joinTicket === null) this.#awaitingJoin++
    member.joinTicket = asked.ticket
    this.setProtocols(member, asked.protocols)
    member.rebalanceTimeoutMs = asked.rebalanceTimeoutMs
    member.sessionTimeoutMs = asked.sessionTimeoutMs
  }

  setProtocols(member: GroupMember, protocols: readonly MemberProtocol[]): void {
    this.#protocols.remove(member.protocols)
    this.#protocols.add(protocols)
    member.protocols = protocols
  }

  /** The member's JoinGroup is answered: it waits no longer. Returns which that was, null: none. */
  takeJoinTicket(member: GroupMember): Ticket | null {
    const ticket = member.joinTicket
    if (ticket !== null) this.#awaitingJoin--
    member.joinTicket = null
    return ticket
  }

  /** Gives a static member's place (assignment, leadership, position in the order) to a new member id. */
  replace(old: GroupMember, id: string): GroupMember {
    invariant(old.joinTicket === null, 'a member that waits is replaced', { group: this.id, member: old.id })
    const replacement: GroupMember = { ...old, id, isNew: false, syncTicket: null }
    const inOrder = [...this.#members.values()]
    this.#members.clear()
    for (const member of inOrder) {
      if (member === old) this.#members.set(id, replacement)
      else this.#members.set(member.id, member)
    }
    if (old.instanceId !== null) this.#staticMembers.set(old.instanceId, id)
    if (this.#leader === old.id) this.#leader = id
    if (this.pendingSync.delete(old.id)) this.pendingSync.add(id)
    return replacement
  }

  /** Null when the ids name a member, else why not. The instance id decides first: it says who was replaced. */
  validate(memberId: string, instanceId: string | null): GroupRefusalCode | null {
    if (instanceId !== null) {
      const owner = this.#staticMembers.get(instanceId)
      if (owner === undefined) return 'unknown-member'
      if (owner !== memberId) return 'fenced-instance'
    }
    return this.#members.has(memberId) ? null : 'unknown-member'
  }

  /** Longest of the members' rebalance timeouts: nobody is thrown out before its own. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.#members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  get awaitingJoin(): number {
    return this.#awaitingJoin
  }

  get allJoined(): boolean {
    return this.pendingMembers.size === 0 && this.#awaitingJoin === this.#members.size
  }

  /** A member of this type with these protocols could be in the group with those that are. */
  supports(protocolType: string, protocols: readonly { readonly name: string }[]): boolean {
    if (this.#state === 'Empty') return protocolType !== '' && protocols.length > 0
    if (protocolType !== this.#protocolType) return false
    if (this.#members.size === 0) return protocols.length > 0
    return protocols.some(({ name }) => this.#allKnow(name))
  }

  /** The protocol that the next generation would choose: each member votes for the first of its own that all know. */
  selectProtocol(): string {
    const votes = new Map<string, number>()
    for (const member of this.#members.values()) {
      const vote = member.protocols.find(({ name }) => this.#allKnow(name))
      if (vote !== undefined) votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1)
    }
    let chosen: string | null = null
    for (const [name, count] of votes) {
      // The earliest voted for wins a tie, so that the same members always choose the same.
      if (chosen === null || count > (votes.get(chosen) ?? 0)) chosen = name
    }
    invariant(chosen !== null, 'members of a group have no protocol in common', { group: this.id })
    return chosen
  }

  /** Makes a member the leader that has rejoined; false when none has. */
  electJoinedLeader(): boolean {
    if (this.#leader === null) return false
    if ((this.member(this.#leader)?.joinTicket ?? null) !== null) return true
    for (const member of this.#members.values()) {
      if (member.joinTicket === null) continue
      this.#leader = member.id
      return true
    }
    return false
  }

  /** Ends the preparation: a new generation of those who are left, or an empty group. */
  nextGeneration(nowMs: number): void {
    this.#generation++
    const isEmpty = this.#members.size === 0
    this.#protocol = isEmpty ? null : this.selectProtocol()
    this.#subscribedTopics = this.#computeSubscribedTopics()
    this.transition(isEmpty ? 'Empty' : 'CompletingRebalance', nowMs)
    this.pendingSync.clear()
    this.initialDelay = null
    this.newMemberAdded = false
  }

  /** Offsets of a topic that members read are neither deleted nor expired. Not known counts as read. */
  isSubscribedTo(topic: string): boolean {
    return this.#subscribedTopics?.has(topic) ?? this.#protocolType === consumerProtocolType
  }

  get knowsSubscribedTopics(): boolean {
    return this.#subscribedTopics !== null
  }

  #allKnow(protocol: string): boolean {
    return this.#protocols.countOf(protocol) === this.#members.size
  }

  #computeSubscribedTopics(): ReadonlySet<string> | null {
    if (this.#protocolType !== consumerProtocolType) return null
    const topics = new Set<string>()
    for (const member of this.#members.values()) {
      const own = subscribedTopicsOf(metadataOf(member, this.#protocol))
      if (own === null) return null
      for (const topic of own) topics.add(topic)
    }
    return topics
  }
}
