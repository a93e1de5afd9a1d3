import type { Logger } from '../runtime/logger.ts'
import type { Counter, Metrics } from '../runtime/metrics.ts'
import type { Connection } from '../runtime/network.ts'
import type { TurnedAway } from './arrivals.ts'

const reasons = {
  address: 'there may be no more of their address',
  waiting: 'too many wait already',
} as const satisfies Record<TurnedAway, string>

interface Tally {
  readonly counter: Counter
  connections: number
  first: string
}

/** Counts connections that were not let in, and tells of all of them in one line: a flood must not become a flood in the log. */
export class TurnedAwayLog {
  readonly #logger: Logger
  readonly #tallies: Readonly<Record<TurnedAway, Tally>>

  constructor(logger: Logger, metrics: Metrics) {
    this.#logger = logger
    const tally = (reason: TurnedAway): Tally => ({
      counter: metrics.counter({
        name: 'trilog_kafka_connections_turned_away_total',
        help: 'Connections that were closed at once, by the limit that they were beyond.',
        labels: { reason },
      }),
      connections: 0,
      first: '',
    })
    this.#tallies = { address: tally('address'), waiting: tally('waiting') }
  }

  note({ remote }: Connection, why: TurnedAway): void {
    const tally = this.#tallies[why]
    tally.counter.add()
    if (tally.connections++ === 0) tally.first = remote.host
  }

  /** To be called from time to time. */
  tell(): void {
    for (const why of ['address', 'waiting'] as const) {
      const tally = this.#tallies[why]
      const { connections, first } = tally
      if (connections === 0) continue
      this.#logger.warn({ connections, first }, `connections are turned away: ${reasons[why]}`)
      tally.connections = 0
    }
  }
}
