import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildBatch } from '../record/batch-builder.ts'
import type { FetchAnswer } from './fetch.ts'
import { Follower, type FollowerLog } from './follower.ts'
import { replicationRules } from './rules.ts'

/** With all above `damaged` damaged. */
type Log = { -readonly [K in keyof FollowerLog]: FollowerLog[K] } & { damaged: number | null }

const logOf = (end: number, lastEpoch: number): Log => ({
  damaged: null,
  damagedFrom(at) {
    return this.damaged === null ? null : Math.max(this.damaged, at)
  },
  logStartOffset: 0,
  logEndOffset: end,
  storedUpTo: end,
  lastEpoch,
  epochs: {
    lastEpoch,
    entries: lastEpoch < 0 ? [] : [{ epoch: lastEpoch, startOffset: 0 }],
    endOffsetFor: (epoch, logEndOffset) => (epoch > lastEpoch ? null : { epoch, endOffset: logEndOffset }),
  },
})

function followerOf(
  log: FollowerLog,
  options: { suspect?: boolean; mayRepair?: boolean; highWatermark?: number } = {},
): Follower {
  const { suspect = false, mayRepair = false, highWatermark = 0 } = options
  return new Follower({ epoch: 4, leader: 2, log, highWatermark, suspect, mayRepair, rules: replicationRules })
}

interface Given {
  /** Offset of the first of five records; none: no entries. */
  readonly base?: number
  readonly highWatermark?: number
  readonly start?: number
  readonly end?: number
  readonly everywhere?: number
  readonly compacted?: number
}

const entries = (
  from: number,
  { base, highWatermark = 0, start = 0, end = 0, everywhere = 0, compacted = 0 }: Given,
): FetchAnswer => {
  const records = Array.from({ length: 5 }, () => ({ timestamp: 1 }))
  const batch = base === undefined ? new Uint8Array(0) : buildBatch(records, { baseOffset: base, epoch: 3 })
  const told = {
    highWatermark,
    replicatedUpTo: everywhere,
    compactedUpTo: compacted,
    logStartOffset: start,
    logEndOffset: end,
  }
  return { epoch: 4, from, outcome: 'entries', ...told, entries: batch }
}
const fetchFrom = (from: number, suspect = false, logStartOffset = 0) => ({
  type: 'fetch',
  to: 2,
  request: { epoch: 4, from, lastEpoch: from === 0 ? -1 : 3, suspect, logStartOffset },
})

describe('a follower', () => {
  test('asks for what comes next once all before it is stored', () => {
    const log = logOf(10, 3)
    const follower = followerOf(log)
    assert.deepEqual(follower.step({ type: 'reachable' }), [fetchFrom(10)])
    const [append] = follower.step({ type: 'answered', answer: entries(10, { base: 10 }) })
    assert.equal(append?.type, 'append')
    log.logEndOffset = 15
    assert.deepEqual(follower.step({ type: 'stored', upTo: 12 }), [])
    log.storedUpTo = 15
    assert.deepEqual(follower.step({ type: 'stored', upTo: 15 }), [fetchFrom(15)])
  })

  test('knows how far all replicas are as its leader has told last', () => {
    const follower = followerOf(logOf(10, 3))
    assert.equal(follower.replicatedUpTo, 0)
    for (const everywhere of [8, 3]) {
      follower.step({ type: 'reachable' })
      follower.step({ type: 'answered', answer: entries(10, { everywhere }) })
      assert.equal(follower.replicatedUpTo, everywhere)
    }
  })

  test('takes no answer but the one to the fetch that is on its way', () => {
    const follower = followerOf(logOf(10, 3))
    follower.step({ type: 'reachable' })
    assert.deepEqual(follower.step({ type: 'answered', answer: entries(8, { base: 8 }) }), [])
    assert.deepEqual(follower.step({ type: 'answered', answer: { ...entries(10, {}), epoch: 3 } }), [])
  })

  test('begins anew where its leader does, when the leader keeps nothing at its end', () => {
    const log = logOf(10, 3)
    const follower = followerOf(log)
    follower.step({ type: 'reachable' })
    const gone: FetchAnswer = { epoch: 4, from: 10, outcome: 'gone', logStartOffset: 50, snapshot: null, voters: null }
    assert.deepEqual(follower.step({ type: 'answered', answer: gone }), [{ type: 'restart', at: 50, epochBelow: -1 }])
    Object.assign(log, { logStartOffset: 50, logEndOffset: 50, storedUpTo: 50, lastEpoch: -1 })
    const [fetch] = follower.step({ type: 'cut' })
    assert.ok(fetch?.type === 'fetch')
    assert.deepEqual([fetch.request.from, fetch.request.lastEpoch], [50, -1])
  })

  test('takes its watermark back with what it cuts, and goes on with that of its leader', () => {
    const log = logOf(10, 3)
    const follower = followerOf(log, { highWatermark: 9 })
    follower.step({ type: 'reachable' })
    const diverging: FetchAnswer = { epoch: 4, from: 10, outcome: 'diverging', end: { epoch: 3, endOffset: 6 } }
    assert.deepEqual(follower.step({ type: 'answered', answer: diverging }), [{ type: 'cut', to: 6 }])
    Object.assign(log, { logEndOffset: 6, storedUpTo: 6 })
    follower.step({ type: 'cut' })
    assert.equal(follower.highWatermark, 6)
    const told = follower.step({ type: 'answered', answer: entries(6, { base: 6, highWatermark: 8 }) })
    assert.equal(told[0]?.type, 'append', 'nothing beyond its own log is shown')
    Object.assign(log, { logEndOffset: 11, storedUpTo: 11 })
    assert.deepEqual(follower.step({ type: 'stored', upTo: 11 })[0], { type: 'advance-high-watermark', to: 8 })
  })

  test('lets go of what its leader has deleted', () => {
    const follower = followerOf(logOf(10, 3))
    follower.step({ type: 'reachable' })
    const [first] = follower.step({ type: 'answered', answer: entries(10, { start: 7 }) })
    assert.deepEqual(first, { type: 'advance-log-start', to: 7 })
  })

  test('begins where a batch does, when the log of its leader begins within one', () => {
    const log = logOf(0, -1)
    const follower = followerOf(log)
    follower.step({ type: 'reachable' })
    const gone: FetchAnswer = { epoch: 4, from: 0, outcome: 'gone', logStartOffset: 52, snapshot: null, voters: null }
    follower.step({ type: 'answered', answer: gone })
    Object.assign(log, { logStartOffset: 52, logEndOffset: 52, storedUpTo: 52 })
    follower.step({ type: 'cut' })
    const answer = entries(52, { base: 50, start: 52, end: 60 })
    assert.deepEqual(follower.step({ type: 'answered', answer }), [{ type: 'restart', at: 50, epochBelow: -1 }])
    Object.assign(log, { logStartOffset: 50, logEndOffset: 50, storedUpTo: 50 })
    const [append, start] = follower.step({ type: 'cut' })
    assert.equal(append?.type, 'append')
    assert.deepEqual(start, { type: 'advance-log-start', to: 52 })
    Object.assign(log, { logStartOffset: 52, logEndOffset: 55, storedUpTo: 55, lastEpoch: 3 })
    assert.deepEqual(follower.step({ type: 'stored', upTo: 55 }), [fetchFrom(55, false, 52)])
  })

  test('waits when whom it asks does not lead, and asks again when told to', () => {
    const follower = followerOf(logOf(10, 3))
    follower.step({ type: 'reachable' })
    const denied: FetchAnswer = { epoch: 4, from: 10, outcome: 'not-leader', knownEpoch: 3, leader: null }
    assert.deepEqual(follower.step({ type: 'answered', answer: denied }), [{ type: 'misled', epoch: 3, leader: null }])
    assert.equal(follower.isIdle, true)
    assert.deepEqual(follower.step({ type: 'reachable' }), [fetchFrom(10)])
  })

  describe('that may have lost something', () => {
    test('says so, until it has all that its leader had at first', () => {
      const log = logOf(40, 3)
      const follower = followerOf(log, { suspect: true })
      assert.deepEqual(follower.step({ type: 'reachable' }), [fetchFrom(40, true)])
      follower.step({ type: 'answered', answer: entries(40, { base: 40, highWatermark: 30, end: 50 }) })
      Object.assign(log, { logEndOffset: 45, storedUpTo: 45 })
      assert.deepEqual(follower.step({ type: 'stored', upTo: 45 }), [fetchFrom(45, true)])
      // It has grown meanwhile: what came later this replica has not acknowledged before.
      follower.step({ type: 'answered', answer: entries(45, { base: 45, highWatermark: 30, end: 90 }) })
      Object.assign(log, { logEndOffset: 50, storedUpTo: 50 })
      assert.deepEqual(follower.step({ type: 'stored', upTo: 50 }), [{ type: 'trust' }, fetchFrom(50)])
    })

    test('needs no watermark for that: the leader may be waiting for this very replica', () => {
      const follower = followerOf(logOf(40, 3), { suspect: true })
      follower.step({ type: 'reachable' })
      const answered = follower.step({ type: 'answered', answer: entries(40, { highWatermark: 0, end: 40 }) })
      assert.deepEqual(answered, [{ type: 'trust' }, fetchFrom(40)])
    })
  })
})

describe('a follower whose log is damaged', () => {
  test('acknowledges nothing from when it is known, and leaves its log alone while somebody may count on it', () => {
    const log = logOf(10, 3)
    const follower = followerOf(log, { highWatermark: 10 })
    follower.step({ type: 'reachable' })
    log.damaged = 4
    assert.deepEqual(follower.step({ type: 'suspected' }), [fetchFrom(10, true)])
    assert.deepEqual(follower.step({ type: 'answered', answer: entries(10, { highWatermark: 10, end: 10 }) }), [
      fetchFrom(10, true),
    ])
  })

  test('cuts at the damage once its leader has answered and nobody counts on it, and is trusted with all of it again', () => {
    const log = logOf(10, 3)
    log.damaged = 4
    const follower = followerOf(log, { suspect: true, mayRepair: true, highWatermark: 10 })
    assert.deepEqual(follower.step({ type: 'reachable' }), [fetchFrom(10, true)])
    assert.deepEqual(follower.step({ type: 'answered', answer: entries(10, { highWatermark: 10, end: 10 }) }), [
      { type: 'cut-damage', to: 4 },
    ])
    Object.assign(log, { damaged: null, logEndOffset: 4, storedUpTo: 4 })
    assert.deepEqual(follower.step({ type: 'cut' }), [fetchFrom(4, true)])
    assert.equal(follower.highWatermark, 4)
    const answer = entries(4, { base: 4, highWatermark: 10, end: 9 })
    assert.deepEqual(
      follower.step({ type: 'answered', answer }).map(({ type }) => type),
      ['append'],
    )
    Object.assign(log, { logEndOffset: 9, storedUpTo: 9 })
    assert.deepEqual(follower.step({ type: 'stored', upTo: 9 }), [
      { type: 'advance-high-watermark', to: 9 },
      { type: 'trust' },
      fetchFrom(9),
    ])
  })

  test('that lost a part of it copies all anew, once, where its leader may have let go of tombstones of that part', () => {
    const log = logOf(10, 3)
    const follower = followerOf(log, { suspect: true, highWatermark: 10 })
    follower.step({ type: 'reachable' })
    const answer = entries(10, { highWatermark: 20, end: 20, compacted: 14 })
    assert.deepEqual(follower.step({ type: 'answered', answer }), [{ type: 'cut-damage', to: 0 }])
    Object.assign(log, { logEndOffset: 0, storedUpTo: 0, lastEpoch: -1 })
    assert.deepEqual(follower.step({ type: 'cut' }), [fetchFrom(0, true)])
    const again = follower.step({ type: 'answered', answer: entries(0, { base: 0, end: 20, compacted: 14 }) })
    assert.deepEqual(
      again.map(({ type }) => type),
      ['append'],
    )
  })

  test('that lost what its leader has not compacted goes on from there', () => {
    for (const suspect of [true, false]) {
      const log = logOf(10, 3)
      const follower = followerOf(log, { suspect })
      follower.step({ type: 'reachable' })
      const answer = entries(10, { base: 10, end: 20, compacted: suspect ? 10 : 14 })
      assert.equal(follower.step({ type: 'answered', answer })[0]?.type, 'append')
    }
  })

  test('that follows already cuts at once when it may', () => {
    const log = logOf(10, 3)
    const follower = followerOf(log)
    follower.step({ type: 'reachable' })
    follower.step({ type: 'answered', answer: entries(10, { end: 10 }) })
    log.damaged = 4
    follower.step({ type: 'suspected' })
    assert.deepEqual(follower.step({ type: 'repair' }), [{ type: 'cut-damage', to: 4 }])
    assert.deepEqual(follower.step({ type: 'answered', answer: entries(10, { base: 10, end: 15 }) }), [])
  })

  test('cuts nothing above a damage that its leader keeps nothing of', () => {
    const log = logOf(10, 3)
    log.damaged = 4
    const follower = followerOf(
      { ...log, damagedFrom: (at) => (at >= 6 ? null : 4) },
      { suspect: true, mayRepair: true },
    )
    follower.step({ type: 'reachable' })
    const effects = follower.step({ type: 'answered', answer: entries(10, { start: 6, end: 10 }) })
    assert.deepEqual(
      effects.map(({ type }) => type),
      ['advance-log-start', 'fetch'],
    )
  })
})
