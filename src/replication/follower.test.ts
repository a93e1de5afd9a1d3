import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FetchAnswer } from './fetch.ts'
import { Follower, type FollowerLog } from './follower.ts'
import { replicationRules } from './rules.ts'

type Log = { -readonly [K in keyof FollowerLog]: FollowerLog[K] }

const logOf = (end: number, lastEpoch: number): Log => ({
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

function followerOf(log: FollowerLog, options: { suspect?: boolean; highWatermark?: number } = {}): Follower {
  const { suspect = false, highWatermark = 0 } = options
  return new Follower({ epoch: 4, leader: 2, log, highWatermark, suspect, rules: replicationRules })
}

const entries = (from: number, given: { bytes?: number; highWatermark?: number; start?: number }): FetchAnswer => ({
  epoch: 4,
  from,
  outcome: 'entries',
  highWatermark: given.highWatermark ?? 0,
  logStartOffset: given.start ?? 0,
  epochStart: 30,
  entries: new Uint8Array(given.bytes ?? 0),
})
const fetchFrom = (from: number, suspect = false) => ({
  type: 'fetch',
  to: 2,
  request: { epoch: 4, from, lastEpoch: from === 0 ? -1 : 3, suspect },
})

describe('a follower', () => {
  test('asks for what comes next once all before it is stored', () => {
    const log = logOf(10, 3)
    const follower = followerOf(log)
    assert.deepEqual(follower.step({ type: 'reachable' }), [fetchFrom(10)])
    const [append] = follower.step({ type: 'answered', answer: entries(10, { bytes: 100 }) })
    assert.equal(append?.type, 'append')
    log.logEndOffset = 15
    assert.deepEqual(follower.step({ type: 'stored', upTo: 12 }), [])
    log.storedUpTo = 15
    assert.deepEqual(follower.step({ type: 'stored', upTo: 15 }), [fetchFrom(15)])
  })

  test('takes no answer but the one to the fetch that is on its way', () => {
    const follower = followerOf(logOf(10, 3))
    follower.step({ type: 'reachable' })
    assert.deepEqual(follower.step({ type: 'answered', answer: entries(8, { bytes: 100 }) }), [])
    assert.deepEqual(follower.step({ type: 'answered', answer: { ...entries(10, {}), epoch: 3 } }), [])
  })

  test('begins anew where its leader does, when the leader keeps nothing at its end', () => {
    const log = logOf(10, 3)
    const follower = followerOf(log)
    follower.step({ type: 'reachable' })
    const gone: FetchAnswer = { epoch: 4, from: 10, outcome: 'gone', logStartOffset: 50 }
    assert.deepEqual(follower.step({ type: 'answered', answer: gone }), [{ type: 'restart', at: 50 }])
    Object.assign(log, { logStartOffset: 50, logEndOffset: 50, storedUpTo: 50, lastEpoch: -1 })
    const [fetch] = follower.step({ type: 'cut' })
    assert.ok(fetch?.type === 'fetch')
    assert.deepEqual([fetch.request.from, fetch.request.lastEpoch], [50, -1])
  })

  test('lets go of what its leader has deleted', () => {
    const follower = followerOf(logOf(10, 3))
    follower.step({ type: 'reachable' })
    const [first] = follower.step({ type: 'answered', answer: entries(10, { start: 7 }) })
    assert.deepEqual(first, { type: 'advance-log-start', to: 7 })
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
    test('says so, until it has all that was committed when its leader answered', () => {
      const log = logOf(40, 3)
      const follower = followerOf(log, { suspect: true })
      assert.deepEqual(follower.step({ type: 'reachable' }), [fetchFrom(40, true)])
      follower.step({ type: 'answered', answer: entries(40, { bytes: 100, highWatermark: 60 }) })
      Object.assign(log, { logEndOffset: 50, storedUpTo: 50 })
      const partly = follower.step({ type: 'stored', upTo: 50 })
      assert.deepEqual(partly, [{ type: 'advance-high-watermark', to: 50 }, fetchFrom(50, true)])
      follower.step({ type: 'answered', answer: entries(50, { bytes: 100, highWatermark: 60 }) })
      Object.assign(log, { logEndOffset: 60, storedUpTo: 60 })
      const whole = follower.step({ type: 'stored', upTo: 60 })
      assert.deepEqual(whole, [{ type: 'advance-high-watermark', to: 60 }, { type: 'trust' }, fetchFrom(60)])
    })

    test('is trusted by a watermark that its leader has only inherited up to where its epoch begins', () => {
      const follower = followerOf(logOf(40, 3), { suspect: true, highWatermark: 40 })
      follower.step({ type: 'reachable' })
      const early = follower.step({ type: 'answered', answer: entries(40, { highWatermark: 29 }) })
      assert.deepEqual(early, [fetchFrom(40, true)])
      const late = follower.step({ type: 'answered', answer: entries(40, { highWatermark: 30 }) })
      assert.deepEqual(late, [{ type: 'trust' }, fetchFrom(40)])
    })
  })
})
