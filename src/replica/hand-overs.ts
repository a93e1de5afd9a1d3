import { MalformedInput } from '../codec/malformed-input.ts'
import { decodeAskBody, encodeAskBody } from '../peer/ask-bodies.ts'
import { AskFailed, type Asks } from '../peer/asks.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'
import type { GroupName, ReplicationGroups } from './replication-groups.ts'
import type { HandedOver } from './self-elected.ts'

/** What brokers ask the one that leads a group. */
const subject = 'hand over'
/** Longer than the two election timeouts that it may take. */
const withinMs = 5_000

interface Asked extends GroupName {
  readonly to: BrokerId
}

/** Leaderships of groups that elect their leaders themselves, handed over on purpose, wherever they are led. */
export class HandOvers {
  readonly #groups: ReplicationGroups
  readonly #asks: Asks
  readonly #clock: Clock

  constructor(parts: { groups: ReplicationGroups; asks: Asks; clock: Clock }) {
    this.#groups = parts.groups
    this.#asks = parts.asks
    this.#clock = parts.clock
    parts.asks.answer(subject, async (_from, body) => {
      const { topicId, partition, to } = decodeAskBody(body) as Asked
      return encodeAskBody({ outcome: await this.#groups.handOver({ topicId, partition }, to) })
    })
  }

  /** Has `leader` hand the group over to the replica of another broker; `not-leader` also when it cannot be asked. */
  async ask(leader: BrokerId, group: GroupName, to: BrokerId): Promise<HandedOver> {
    try {
      const asked: Asked = { ...group, to }
      const answer = decodeAskBody(await this.#asks.ask(leader, subject, encodeAskBody(asked), withinMs))
      return (answer as { outcome: HandedOver }).outcome
    } catch (error) {
      if (error instanceof AskFailed || error instanceof MalformedInput) return 'not-leader'
      throw error
    }
  }

  /** Hands over all that this process leads, to whoever keeps pace. What is not done in that time stays here. */
  async allAway(boundMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = this.#clock.setTimer(boundMs, resolve)
      this.#groups
        .handAllOver()
        .finally(() => timer.cancel())
        .then(resolve, reject)
    })
  }
}
