import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { FetchSessions, type FetchTurn, type SessionRefusal } from './fetch-sessions.ts'
import type { FetchPartition } from './session-partitions.ts'

const partition = (index: number): FetchPartition => {
  return { topic: 'words', index, from: 0, maxBytes: 100, leaderEpoch: -1, lastFetchedEpoch: -1 }
}

const { clock, random } = new SimWorld(1).node('broker').runtime

function sessionsOf(slots: number, partitionsMax = 1_000): FetchSessions {
  return new FetchSessions({ clock, random, slots, partitionsMax, evictionMs: 1000 })
}

function begin(
  sessions: FetchSessions,
  request: { id?: number; epoch: number; wanted?: number[]; forgotten?: number[] },
) {
  return sessions.begin({
    sessionId: request.id ?? 0,
    sessionEpoch: request.epoch,
    byTopicId: false,
    partitions: (request.wanted ?? []).map(partition),
    forgotten: (request.forgotten ?? []).map((index) => ({ topic: 'words', index })),
  })
}

function turnOf(begun: FetchTurn | SessionRefusal): FetchTurn {
  assert.ok(!('code' in begun), JSON.stringify(begun))
  return begun
}

const indexes = (turn: FetchTurn) => turn.partitions.map(({ index }) => index)

/** Ends a turn in which every partition has the same high watermark, and `withBytes` have got records. */
function finish(turn: FetchTurn, facts: { highWatermark?: number; withBytes?: number[]; failed?: boolean } = {}) {
  return turn.finish((nth) => ({
    highWatermark: facts.highWatermark ?? 5,
    logStartOffset: 0,
    bytes: facts.withBytes?.includes(indexes(turn)[nth] ?? -1) === true ? 10 : 0,
    failed: facts.failed ?? false,
  }))
}

describe('a fetch session', () => {
  test('sends everything at first, then only what has records, has moved or has failed', () => {
    const sessions = sessionsOf(10)
    const { sessionId: id, send } = finish(turnOf(begin(sessions, { epoch: 0, wanted: [1, 2] })))
    assert.deepEqual(send, [true, true])
    assert.deepEqual(finish(turnOf(begin(sessions, { id, epoch: 1 }))).send, [false, false])
    assert.deepEqual(finish(turnOf(begin(sessions, { id, epoch: 2 })), { withBytes: [2] }).send, [false, true])
    assert.deepEqual(finish(turnOf(begin(sessions, { id, epoch: 3 })), { highWatermark: 6 }).send, [true, true])
    assert.deepEqual(finish(turnOf(begin(sessions, { id, epoch: 4 })), { failed: true }).send, [true, true])
  })

  test('looks last at what has got something, so that one busy partition starves nobody', () => {
    const sessions = sessionsOf(10)
    const { sessionId: id } = finish(turnOf(begin(sessions, { epoch: 0, wanted: [1, 2, 3] })), { withBytes: [1] })
    assert.deepEqual(indexes(turnOf(begin(sessions, { id, epoch: 1 }))), [2, 3, 1])
  })

  test('reads what is named twice once, with a session and without', () => {
    const sessions = sessionsOf(10)
    for (const epoch of [0, -1]) {
      assert.deepEqual(indexes(turnOf(begin(sessions, { epoch, wanted: [1, 2, 1] }))), [1, 2])
    }
  })

  test('forgets and adds what it is told to', () => {
    const sessions = sessionsOf(10)
    const { sessionId: id } = finish(turnOf(begin(sessions, { epoch: 0, wanted: [1, 2] })))
    assert.deepEqual(indexes(turnOf(begin(sessions, { id, epoch: 1, wanted: [3], forgotten: [1] }))), [2, 3])
  })

  test('refuses what comes out of turn, and names that are now ids', () => {
    const sessions = sessionsOf(10)
    const { sessionId: id } = finish(turnOf(begin(sessions, { epoch: 0, wanted: [1] })))
    assert.deepEqual(begin(sessions, { id: id + 1, epoch: 1 }), { code: 'session-not-found' })
    assert.deepEqual(begin(sessions, { id, epoch: 2 }), { code: 'session-epoch-invalid' })
    const byId = { sessionId: id, sessionEpoch: 1, byTopicId: true, partitions: [], forgotten: [] }
    assert.deepEqual(sessions.begin(byId), { code: 'session-topic-id-mismatch' })
  })

  test('is not given to who wants none, fetches nothing, or comes when all are in use', () => {
    const sessions = sessionsOf(1)
    assert.equal(finish(turnOf(begin(sessions, { epoch: -1, wanted: [1] }))).sessionId, 0)
    assert.equal(finish(turnOf(begin(sessions, { epoch: 0 }))).sessionId, 0)
    const { sessionId: id } = finish(turnOf(begin(sessions, { epoch: 0, wanted: [1] })))
    assert.equal(finish(turnOf(begin(sessions, { epoch: 0, wanted: [1] }))).sessionId, 0)
    finish(turnOf(begin(sessions, { id, epoch: -1 })))
    assert.equal(sessions.size, 0)
    assert.ok(finish(turnOf(begin(sessions, { epoch: 0, wanted: [1] }))).sessionId > 0)
  })

  test('is not given when all together would have too many partitions, and ends when it grows beyond', () => {
    const sessions = sessionsOf(10, 5)
    const { sessionId: id } = finish(turnOf(begin(sessions, { epoch: 0, wanted: [1, 2, 3] })))
    assert.equal(finish(turnOf(begin(sessions, { epoch: 0, wanted: [1, 2, 3] }))).sessionId, 0)
    assert.ok(finish(turnOf(begin(sessions, { epoch: 0, wanted: [1] }))).sessionId > 0)
    finish(turnOf(begin(sessions, { id, epoch: 1, wanted: [4] })))
    finish(turnOf(begin(sessions, { id, epoch: 2, wanted: [5], forgotten: [1] })))
    assert.deepEqual(begin(sessions, { id, epoch: 3, wanted: [6] }), { code: 'session-not-found' })
    assert.equal(sessions.size, 1)
    assert.ok(finish(turnOf(begin(sessions, { epoch: 0, wanted: [1, 2, 3, 4] }))).sessionId > 0)
  })
})
