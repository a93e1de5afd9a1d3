import type { Crowd } from './crowd.ts'

/** What stands ready in the broker that is attacked. */
export interface Ground {
  readonly host: string
  readonly port: number
  /** A topic with records that have left the broker's memory, so that each reader makes it read them again. */
  readonly big: { readonly id: string; readonly partitions: number }
}

/** One way to harm a broker from outside, bounded in connections and bytes. */
export interface Attack {
  readonly name: string
  readonly about: string
  /** What the broker may take more than at rest while it lasts, and what that is made of. */
  readonly boundMiB: number
  readonly boundOf: string
  /** Settings that take the bound away: with them the attack must be seen to do harm. */
  readonly unbounded: Readonly<Record<string, string>>
  /** Connections at once; one that the broker closes is replaced by a new one, up to three times as many in all. */
  readonly connections: number
  /** What each of them does once it is connected. */
  readonly begin: (crowd: Crowd, ground: Ground) => void
}
