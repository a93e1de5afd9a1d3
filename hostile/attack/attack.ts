import type { BrokerAddress } from '../../src/client/broker-connection.ts'
import type { Crowd } from './crowd.ts'

/** What stands ready in the broker that is attacked. */
export interface Ground extends BrokerAddress {
  /** A topic with records that have left the broker's memory, so that each reader makes it read them again. */
  readonly big: { readonly id: string; readonly partitions: number }
  /** Topics that make the answers which list them large. */
  readonly many: { readonly ids: readonly string[]; readonly partitionsEach: number }
}

/** A broker without the bound that an attack is withstood by. */
export interface Unbounded {
  readonly settings?: Readonly<Record<string, string>>
  /** A mistake as people make them: a module that is loaded into the broker before anything else. */
  readonly plant?: URL
}

/** One way to harm a broker from outside, bounded in connections and bytes. */
export interface Attack {
  readonly name: string
  readonly about: string
  /** What the broker may take more than at rest while it lasts, in MiB. */
  readonly boundMiB: number
  /** What takes the bound away: without it the attack must be seen to do harm. */
  readonly unbounded: Unbounded
  /** Connections at once; one that the broker closes is replaced by a new one, up to three times as many in all. */
  readonly connections: number
  /** What each of them does once it is connected. */
  readonly begin: (crowd: Crowd, ground: Ground) => void
}
