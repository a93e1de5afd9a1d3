import type { Offset } from '../../record/offset.ts'

/** What a replica is at the moment, as far as consumers are concerned. */
export interface ServeView {
  readonly leads: boolean
  readonly highWatermark: Offset
  /** Log end offset at which the present leader's epoch began. */
  readonly epochStart: Offset
}

export type ServeRefusal = { code: 'not-leader' } | { code: 'offset-not-available' }

/** Who answers consumers, and up to where. */
export interface ServePolicy {
  readonly name: 'leader'
  /** The end of what a consumer may see (exclusive), or why this replica answers nothing. */
  visibleUpTo(view: ServeView): Offset | ServeRefusal
  /** The end of the log for a consumer that asks for `latest`; stricter, for it must not seem to go back (KIP-207). */
  latest(view: ServeView): Offset | ServeRefusal
}

/** Only the leader answers, up to its high watermark. */
export const serveAtLeader: ServePolicy = {
  name: 'leader',
  visibleUpTo: (view) => (view.leads ? view.highWatermark : { code: 'not-leader' }),
  latest(view) {
    if (!view.leads) return { code: 'not-leader' }
    return view.highWatermark < view.epochStart ? { code: 'offset-not-available' } : view.highWatermark
  },
}
