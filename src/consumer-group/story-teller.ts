import { CoreDriver } from './core-driver.ts'
import type { GroupAnswer, GroupEffect, GroupRequest, GroupTimer, JoinRequest, Ticket } from './group-events.ts'
import type { GroupTransition } from './group-transition.ts'
import type { GroupRecord } from './group-record.ts'
import { defaultGroupSettings, type GroupSettings } from './group-settings.ts'
import type { AppendRefusalCode } from './offsets-topic.ts'

interface Command {
  readonly verb: string
  readonly words: readonly string[]
  readonly options: ReadonlyMap<string, string>
}

/**
 * Runs the commands of a story on one core and tells what came of each: effects in order, then the state of every
 * group and what waits. Members are named by their client; their ids are remembered from the answers.
 */
export class StoryTeller {
  readonly #driver: CoreDriver
  readonly #lines: string[] = []
  readonly #askers = new Map<Ticket, string>()
  readonly #memberIds = new Map<string, string>()
  readonly #generations = new Map<string, number>()
  /** What the commands so far have made of the groups. */
  readonly transitions: GroupTransition[] = []
  #fresh = 0

  /** `settings`: what differs from Kafka's defaults. */
  constructor(settings: Partial<GroupSettings>) {
    this.#driver = new CoreDriver({ ...defaultGroupSettings, ...settings })
    this.#driver.onEffect = (effect) => this.#tell(effect)
    this.#driver.onTransition = (transition) => this.transitions.push(transition)
  }

  run(line: string): string[] {
    const [verb = '', ...rest] = line.split(' ')
    const options = new Map(rest.filter((word) => word.includes('=')).map((word) => splitAt(word, '=')))
    const words = rest.filter((word) => !word.includes('='))
    this.#lines.length = 0
    this.#do({ verb, words, options })
    return [...this.#lines, ...this.#state()]
  }

  #do(command: Command): void {
    const [first = '', second = ''] = command.words
    switch (command.verb) {
      case 'advance':
        return this.#driver.advance(Number(first))
      case 'hold':
        this.#driver.holdsAppends = true
        return
      case 'release':
        this.#driver.holdsAppends = false
        while (this.#driver.pendingAppends > 0) this.#driver.commitNext()
        return
      case 'commit-append':
        return this.#driver.commitNext()
      case 'refuse-append':
        return this.#driver.refuseNext(first as AppendRefusalCode)
      case 'failover':
        return this.#driver.failover({ kept: Number(command.options.get('kept') ?? 0) })
      case 'topics-deleted':
        return this.#driver.topicsDeleted(command.words)
      case 'fetch':
        return this.#fetch(first)
      default:
        this.#ask(second === '' ? first : second, this.#requestOf(command))
    }
  }

  #ask(who: string, request: GroupRequest): void {
    // The answer may come before `ask` returns.
    this.#askers.set(this.#askers.size + 1, `${request.type} ${who}`)
    this.#driver.ask(request)
  }

  #requestOf(command: Command): GroupRequest {
    const { verb, words, options } = command
    const [groupId = '', who = ''] = words
    const memberId = options.get('member') ?? this.#memberIds.get(`${groupId} ${who}`) ?? ''
    const generation = Number(options.get('generation') ?? this.#generations.get(`${groupId} ${who}`) ?? -1)
    const member = { groupId, memberId, generation, instanceId: options.get('instance') ?? null }
    switch (verb) {
      case 'join':
        return this.#joinOf(command, member)
      case 'sync':
        return {
          ...member,
          type: 'sync',
          protocolType: options.get('type') ?? null,
          protocol: options.get('protocol') ?? null,
          assignments: pairs(options.get('assign'), ':').map(([name, assignment]) => ({
            memberId: this.#memberIds.get(`${groupId} ${name}`) ?? name,
            assignment: Buffer.from(assignment),
          })),
        }
      case 'heartbeat':
        return { ...member, type: 'heartbeat' }
      case 'leave':
        return {
          type: 'leave',
          groupId,
          members: words.slice(1).map((name) => ({
            memberId: options.get('member') ?? this.#memberIds.get(`${groupId} ${name}`) ?? '',
            instanceId: options.get('instance') ?? null,
            reason: null,
          })),
        }
      case 'commit':
        return {
          ...member,
          type: 'commit',
          retentionMs: Number(options.get('retention') ?? -1),
          knowsGroupNotFound: options.get('v') === '9',
          topics: topicsOf(options.get('offsets') ?? '').map(({ topic, partition, value }) => ({
            topic,
            topicId: null,
            partitions: [
              { partition, offset: Number(value), leaderEpoch: -1, metadata: options.get('metadata') ?? null },
            ],
          })),
        }
      case 'delete-offsets':
        return {
          type: 'delete-offsets',
          groupId,
          topics: words.slice(1).map((word) => {
            const [topic, partition] = splitAt(word, '-')
            return { topic, partitions: [Number(partition)] }
          }),
        }
      case 'delete-group':
        return { type: 'delete-group', groupId }
      default:
        throw new Error(`no such command: ${verb}`)
    }
  }

  #joinOf(
    { words, options }: Command,
    member: { groupId: string; memberId: string; instanceId: string | null },
  ): JoinRequest {
    const version = Number(options.get('v') ?? 9)
    return {
      type: 'join',
      groupId: member.groupId,
      memberId: options.has('new') ? '' : member.memberId,
      instanceId: member.instanceId,
      clientId: words[1] ?? '',
      clientHost: '/10.0.0.1',
      sessionTimeoutMs: Number(options.get('session') ?? 10_000),
      rebalanceTimeoutMs: Number(options.get('rebalance') ?? 60_000),
      protocolType: options.get('type') ?? 'consumer',
      protocols: pairs(options.get('protocols') ?? 'range:t1', ':').map(([name, topics]) => ({
        name,
        metadata: subscription(topics.split('+')),
      })),
      requiresMemberId: version >= 4,
      canSkipAssignment: version >= 9,
      reason: null,
      freshId: `${++this.#fresh}`,
    }
  }

  #fetch(groupId: string): void {
    const topics = this.#driver.core.fetchOffsets(groupId, null)
    const offsets = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, committed }) => `${topic}-${partition}=${committed?.offset}`),
    )
    this.#lines.push(`${groupId} has ${offsets.join(' ') || 'no offsets'}`)
  }

  #tell(effect: GroupEffect): void {
    if (effect.type === 'append') this.#lines.push(`append ${effect.records.map(recordText).join(' | ')}`)
    if (effect.type === 'note') {
      const { what, reason } = effect.note
      this.#lines.push(`note ${what}${reason === null ? '' : `: ${reason}`}`)
    }
    if (effect.type === 'answer') this.#tellAnswer(effect.ticket, effect.answer)
  }

  #tellAnswer(ticket: Ticket, answer: GroupAnswer): void {
    this.#lines.push(`${this.#askers.get(ticket)} -> ${answerText(answer)}`)
    const request = this.#driver.requests.get(ticket)?.request
    if (request?.type !== 'join' || !('generation' in answer) || answer.memberId === '') return
    const key = `${request.groupId} ${request.clientId}`
    this.#memberIds.set(key, answer.memberId)
    if (answer.generation >= 0) this.#generations.set(key, answer.generation)
  }

  #state(): string[] {
    const groups = this.#driver.core.list().map(({ groupId }) => {
      const { state, generation, protocol, members } = this.#driver.core.describe(groupId)
      const shown = members.map(({ memberId, assignment }) => `${memberId}(${Buffer.from(assignment)})`)
      return `  ${groupId} ${state} generation=${generation} protocol=${protocol} members=${shown.join(' ')}`
    })
    const waiting = this.#driver.unanswered().map(({ ticket }) => this.#askers.get(ticket))
    const timers = this.#driver
      .timers()
      .filter(({ timer }) => timer.type !== 'expiry')
      .map(({ inMs, timer }) => `${timerText(timer)} in ${inMs}`)
    return [
      ...groups,
      ...(waiting.length > 0 ? [`  waiting: ${waiting.join(', ')}`] : []),
      ...(timers.length > 0 ? [`  timers: ${timers.join(', ')}`] : []),
      ...(this.#driver.pendingAppends > 0 ? [`  appends under way: ${this.#driver.pendingAppends}`] : []),
    ]
  }
}

/** A consumer's subscription in version 0, as the Java client writes it. */
export function subscription(topics: readonly string[]): Uint8Array {
  const int32 = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value])
  const names = topics.map((topic) => Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic)]))
  return Buffer.concat([Buffer.from([0, 0]), int32(topics.length), ...names, int32(-1)])
}

function answerText(answer: GroupAnswer): string {
  if ('skipAssignment' in answer) {
    const { code, memberId, generation, protocol, leader, members, skipAssignment } = answer
    if (code !== 'ok') return `${code}${memberId === '' ? '' : ` as ${memberId}`}`
    const others = members.length === 0 ? '' : ` members=${members.map((member) => member.memberId).join(' ')}`
    const skip = skipAssignment ? ' skip-assignment' : ''
    return `ok as ${memberId} generation=${generation} protocol=${protocol} leader=${leader}${others}${skip}`
  }
  if ('assignment' in answer) return `${answer.code} (${Buffer.from(answer.assignment)})`
  if ('topics' in answer) {
    const each = answer.topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, code }) => ` ${topic}-${partition}:${code}`),
    )
    return `${answer.code}${each.join('')}`
  }
  if (!('members' in answer)) return answer.code
  return `${answer.code}${answer.members.map(({ memberId, instanceId, code }) => ` ${memberId || instanceId}:${code}`).join('')}`
}

function recordText(record: GroupRecord): string {
  if (record.type === 'offset') {
    return `offset ${record.groupId} ${record.topic}-${record.partition}=${record.value?.offset ?? 'gone'}`
  }
  if (record.value === null) return `group ${record.groupId} gone`
  const members = record.value.members.map(({ memberId, assignment }) => `${memberId}(${Buffer.from(assignment)})`)
  return `group ${record.groupId} generation=${record.value.generation} leader=${record.value.leader} ${members.join(' ')}`.trimEnd()
}

function timerText(timer: GroupTimer): string {
  return timer.type === 'session' ? `session ${timer.memberId}` : timer.type
}

/** `a:x,b:y` */
function pairs(text: string | undefined, separator: string): [string, string][] {
  return text === undefined || text === '' ? [] : text.split(',').map((pair) => splitAt(pair, separator))
}

/** `t1-0:5,t1-1:6` */
function topicsOf(text: string): { topic: string; partition: number; value: string }[] {
  return pairs(text, ':').map(([place, value]) => {
    const [topic, partition] = splitAt(place, '-')
    return { topic, partition: Number(partition), value }
  })
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}
