import type { Offset } from '../../record/offset.ts'
import { nearVisible } from './nearest.ts'

/** What a replica is at the moment, as far as consumers are concerned. */
export interface ServeView {
  readonly leads: boolean
  /** As far as this replica knows, somebody leads. */
  readonly isLed: boolean
  /** It follows, and its leader has answered it in this epoch, on a stream that is still open. */
  readonly isInTouch: boolean
  /** It is one of those in sync, as far as it was told. */
  readonly isInSync: boolean
  readonly highWatermark: Offset
  /** End of what this replica has stored. */
  readonly storedUpTo: Offset
  /** Log end offset at which the present leader's epoch began. */
  readonly epochStart: Offset
}

export type ServeRefusal = { code: 'not-leader' } | { code: 'offset-not-available' }

/** Who answers consumers, and up to where. */
export interface ServePolicy {
  readonly name: 'leader' | 'leader, else a backup'
  /** The end of what a consumer may see (exclusive), or why this replica answers nothing. */
  visibleUpTo(view: ServeView): Offset | ServeRefusal
  /** The same for a consumer that may have been sent here because it is near (KIP-392). */
  nearVisibleUpTo(view: ServeView): Offset | ServeRefusal
  /** The end of the log for a consumer that asks for `latest`; stricter, for it must not seem to go back (KIP-207). */
  latest(view: ServeView): Offset | ServeRefusal
  /** How far others may copy a leader's log. */
  copiesUpTo(leaders: { readonly storedUpTo: Offset; readonly logEndOffset: Offset }): Offset
}

/** Only the leader answers, up to its high watermark. */
export const serveAtLeader: ServePolicy = {
  name: 'leader',
  visibleUpTo: (view) => (view.leads ? view.highWatermark : { code: 'not-leader' }),
  nearVisibleUpTo: nearVisible,
  latest(view) {
    if (!view.leads) return { code: 'not-leader' }
    return view.highWatermark < view.epochStart ? { code: 'offset-not-available' } : view.highWatermark
  },
  // They may store it before the leader has.
  copiesUpTo: ({ logEndOffset }) => logEndOffset,
}

/** The leader, up to its high watermark; and while nobody leads, any replica, with all that it has. */
export const serveAtBackup: ServePolicy = {
  name: 'leader, else a backup',
  visibleUpTo: (view) => (view.isLed ? serveAtLeader.visibleUpTo(view) : view.storedUpTo),
  nearVisibleUpTo: (view) => (view.isLed ? nearVisible(view) : view.storedUpTo),
  latest: (view) => (view.isLed ? serveAtLeader.latest(view) : view.storedUpTo),
  // What a backup shows without its primary, that one must have when it is back: a process that ends, or a disk that fails, takes
  // what was not stored yet.
  copiesUpTo: ({ storedUpTo }) => storedUpTo,
}
