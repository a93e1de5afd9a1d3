/**
 * Numbers with a unit. A plain number may become any of them, but none of them may become another: an epoch handed
 * over as an offset does not compile. All are integers below 2^53, which the codec checks at the door.
 */
type Unit<Name extends string> = number & { readonly unit?: Name }

/** Position of a record in a log, from 0. Ends are exclusive: a log end offset is the offset that the next record gets. */
export type Offset = Unit<'offset'>

/** Number of a leadership, raised by each new one and never reused. Raft and DLedger: term. -1: none known. */
export type LeaderEpoch = Unit<'leader epoch'>

/** Milliseconds since 1970, UTC. -1: none. */
export type Timestamp = Unit<'timestamp'>

/** Byte position in a file. */
export type Position = Unit<'position'>

export const noEpoch: LeaderEpoch = -1
