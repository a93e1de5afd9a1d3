import { setTimeout as elapsed } from 'node:timers/promises'
import { check } from '../../src/client/kafka-error.ts'
import { createTopics } from '../../src/kafka/schema/create-topics.ts'
import { findCoordinator } from '../../src/kafka/schema/find-coordinator.ts'
import type { BrokerConnection } from '../../src/client/broker-connection.ts'
import { openConnection } from '../scale/idle-connections.ts'
import type { ScaleBroker } from '../scale/scale-broker.ts'
import { LoadMember } from './load-member.ts'

const topic = 'grouped'
const requestMs = 60_000
const lookEveryMs = 10
const firstRetryMs = 100
const groupName = (group: number): string => `group-${group}`

/** Many groups of some members each, every member on a connection of its own. */
export class GroupLoad {
  readonly #groups: readonly (readonly LoadMember[])[]
  readonly #working: Promise<void>[] = []

  /** `connections`: as many as there are members. */
  constructor(
    broker: ScaleBroker,
    {
      connections,
      membersEach,
      heartbeatMs,
    }: { connections: readonly BrokerConnection[]; membersEach: number; heartbeatMs: number },
  ) {
    const groups = connections.length / membersEach
    const reconnect = (): Promise<BrokerConnection> => reopened(broker)
    this.#groups = Array.from({ length: groups }, (_, group) =>
      connections.slice(group * membersEach, (group + 1) * membersEach).map(
        (connection, place) =>
          new LoadMember(connection, {
            group: groupName(group),
            topic,
            partitions: membersEach,
            heartbeatMs,
            // Spread evenly, the members of a group too.
            phase: (place + group / groups) / membersEach,
            reconnect,
          }),
      ),
    )
  }

  /** The topic that all read, and that of the groups. */
  static async prepare(connection: BrokerConnection, partitions: number): Promise<void> {
    const body = { topics: [{ name: topic, numPartitions: partitions, replicationFactor: 1 }], timeoutMs: requestMs }
    const made = await connection.call(createTopics, body, { timeoutMs: requestMs })
    check(made.topics[0]?.errorCode ?? -1, `making topic ${topic}`)
    for (;;) {
      const ask = { keyType: 0, coordinatorKeys: [groupName(0)] }
      const found = await connection.call(findCoordinator, ask, { timeoutMs: requestMs })
      if (found.coordinators[0]?.errorCode === 0) return
      await elapsed(firstRetryMs)
    }
  }

  start(): void {
    for (const member of this.#members()) this.#working.push(member.work())
  }

  /** How many JoinGroups were answered with a generation, of all members together. */
  get joins(): number {
    return this.#members().reduce((sum, { joins }) => sum + joins, 0)
  }

  get beats(): number {
    return this.#members().reduce((sum, { beats }) => sum + beats, 0)
  }

  /** Resolves, with the seconds that it took, when every group has one generation of all its members. */
  async stable(withinMs: number): Promise<number> {
    return this.#until(withinMs, 'stable', (members) => {
      const isOneGeneration = new Set(members.map(({ generation }) => generation)).size === 1
      const isWhole = members.some(({ led }) => led === members.length)
      return isOneGeneration && isWhole && members.every(({ isStable }) => isStable)
    })
  }

  /** Resolves, with the seconds that it took, when every member has been told that all is well, from now on. */
  async heardFrom(withinMs: number): Promise<number> {
    const before = new Map(this.#members().map((member) => [member, member.beats]))
    const heard = (member: LoadMember): boolean => member.isStable && member.beats > (before.get(member) ?? 0)
    return this.#until(withinMs, 'served', (members) => members.every(heard))
  }

  /** One commit of each member, all at once; the seconds until the last is answered. */
  async commitAll(offset: number): Promise<number> {
    const begun = performance.now()
    await Promise.all(this.#members().map((member) => member.commit(offset)))
    return (performance.now() - begun) / 1000
  }

  async end(): Promise<void> {
    for (const member of this.#members()) member.end()
    await Promise.all(this.#working)
  }

  #members(): readonly LoadMember[] {
    return this.#groups.flat()
  }

  async #until(withinMs: number, what: string, holds: (members: readonly LoadMember[]) => boolean): Promise<number> {
    const begun = performance.now()
    for (let missing = this.#groups; ; await elapsed(lookEveryMs)) {
      // One that was stable may be called again: all are looked at once more in the end.
      missing = missing.filter((members) => !holds(members))
      if (missing.length === 0 && this.#groups.every(holds)) return (performance.now() - begun) / 1000
      if (missing.length === 0) missing = this.#groups
      const passed = performance.now() - begun
      if (passed > withinMs) throw new Error(`${missing.length} groups are not ${what} after ${Math.round(passed)} ms`)
    }
  }
}

async function reopened(broker: ScaleBroker): Promise<BrokerConnection> {
  for (;;) {
    try {
      return await openConnection(broker)
    } catch {
      // It is not up yet.
      await elapsed(firstRetryMs)
    }
  }
}
