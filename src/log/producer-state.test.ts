import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ProducerBatch, ProducerState } from './producer-state.ts'
import { sequenceMax } from './producer-state-sequence.ts'

const day = 86_400_000

function batch(fields: Partial<ProducerBatch> & { count?: number }): ProducerBatch {
  return {
    producerId: 7,
    producerEpoch: 0,
    baseSequence: 0,
    lastOffsetDelta: (fields.count ?? 1) - 1,
    maxTimestamp: 1000,
    isTransactional: false,
    isControl: false,
    ...fields,
  }
}

/** A state that has taken in batches of these sizes, sequences and offsets from 0. */
function stateAfter(...counts: number[]): ProducerState {
  const state = new ProducerState()
  for (const count of counts) store(state, batch({ baseSequence: state.endOffset, count }))
  return state
}

function store(state: ProducerState, stored: ProducerBatch, nowMs = 1000) {
  return state.appended(stored, { baseOffset: state.endOffset, nowMs })
}

function marker(state: ProducerState, type: 'commit' | 'abort', fields: Partial<ProducerBatch> = {}) {
  const control = batch({ isControl: true, isTransactional: true, baseSequence: -1, ...fields })
  return state.appended(control, {
    baseOffset: state.endOffset,
    nowMs: 1000,
    marker: { type, coordinatorEpoch: 3 },
  })
}

const outcome = (state: ProducerState, asked: ProducerBatch) => {
  const check = state.check(asked)
  return check.outcome === 'refused' ? check.code : check.outcome
}

describe('sequences of an idempotent producer', () => {
  test('a gap is refused', () => {
    assert.equal(outcome(stateAfter(3), batch({ baseSequence: 4 })), 'out-of-order-sequence')
  })

  test('a retry of the newest batch is answered with its first offset', () => {
    const state = stateAfter(3, 4)
    assert.deepEqual(state.check(batch({ baseSequence: 3, count: 4 })), {
      outcome: 'duplicate',
      baseOffset: 3,
      lastOffset: 6,
      timestamp: 1000,
    })
  })

  test('a retry of any of the five newest batches is recognized', () => {
    const state = stateAfter(1, 1, 1, 1, 1, 1)
    for (const sequence of [1, 2, 3, 4, 5]) assert.equal(outcome(state, batch({ baseSequence: sequence })), 'duplicate')
  })

  test('a retry older than the five newest is refused as out of order, as in Kafka 4', () => {
    assert.equal(outcome(stateAfter(1, 1, 1, 1, 1, 1), batch({ baseSequence: 0 })), 'out-of-order-sequence')
  })

  test('a batch with the first sequence of a stored one but another length is no retry', () => {
    assert.equal(outcome(stateAfter(3), batch({ baseSequence: 0, count: 2 })), 'out-of-order-sequence')
  })

  test('after 2^31 - 1 comes 0, and a batch across the wrap is recognized', () => {
    const state = new ProducerState()
    store(state, batch({ baseSequence: sequenceMax - 1, count: 2 }))
    assert.equal(outcome(state, batch({ baseSequence: 0 })), 'append')
    const across = new ProducerState()
    store(across, batch({ baseSequence: sequenceMax - 1, count: 4 }))
    assert.equal(outcome(across, batch({ baseSequence: 2 })), 'append')
    assert.equal(outcome(across, batch({ baseSequence: sequenceMax - 1, count: 4 })), 'duplicate')
  })

  test('any sequence is taken of a producer that nothing is known of', () => {
    assert.equal(outcome(stateAfter(1), batch({ producerId: 8, baseSequence: 4711 })), 'append')
  })

  test('an older epoch is refused, even for a stored batch', () => {
    const state = stateAfter(1)
    store(state, batch({ producerEpoch: 1 }))
    assert.equal(outcome(state, batch({ baseSequence: 0 })), 'invalid-producer-epoch')
  })

  test('a newer epoch begins with sequence 0', () => {
    const state = stateAfter(2)
    assert.equal(outcome(state, batch({ producerEpoch: 1, baseSequence: 2 })), 'out-of-order-sequence')
    assert.equal(outcome(state, batch({ producerEpoch: 1, baseSequence: 0 })), 'append')
  })

  test('batches of an older epoch are forgotten when a newer one begins', () => {
    const state = stateAfter(1, 1)
    store(state, batch({ producerEpoch: 1 }))
    assert.equal(outcome(state, batch({ producerEpoch: 1, baseSequence: 1 })), 'append')
  })

  test('what was replicated is taken as it stands, gap or not', () => {
    const state = stateAfter(1)
    store(state, batch({ baseSequence: 10 }))
    assert.equal(outcome(state, batch({ baseSequence: 11 })), 'append')
  })

  test('batches without a producer only move the end', () => {
    const state = new ProducerState()
    store(state, batch({ producerId: -1, producerEpoch: -1, baseSequence: -1, count: 5 }))
    assert.deepEqual([state.size, state.endOffset], [0, 5])
    assert.equal(outcome(state, batch({ producerId: -1, baseSequence: -1 })), 'append')
  })
})

describe('expiry', () => {
  test('a producer is forgotten when it has been silent for the whole time, not before', () => {
    const state = stateAfter(1)
    assert.equal(state.expire(1000 + day - 1, day), 0)
    assert.equal(state.expire(1000 + day, day), 1)
    assert.equal(outcome(state, batch({ baseSequence: 99 })), 'append')
  })

  test('old timestamps in the data do not make a working producer forgotten', () => {
    const state = new ProducerState()
    store(state, batch({ maxTimestamp: 5 }), 10 * day)
    assert.equal(state.expire(10 * day + 1, day), 0)
  })

  test('a producer with an open transaction is kept', () => {
    const state = new ProducerState()
    store(state, batch({ isTransactional: true }))
    assert.equal(state.expire(100 * day, day), 0)
  })
})

describe('transactions', () => {
  test('a plain batch inside an open transaction is refused', () => {
    const state = new ProducerState()
    store(state, batch({ isTransactional: true }))
    assert.equal(outcome(state, batch({ baseSequence: 1 })), 'invalid-txn-state')
  })

  test('an abort ends the transaction and says what the transaction index needs', () => {
    const state = stateAfter(4)
    store(state, batch({ baseSequence: 4, isTransactional: true }))
    store(state, batch({ producerId: 8, isTransactional: true }))
    assert.equal(state.firstUndecidedOffset, 4)
    assert.deepEqual(marker(state, 'abort'), {
      producerId: 7,
      firstOffset: 4,
      lastOffset: 6,
      aborted: true,
      lastStableOffset: 5,
    })
    assert.equal(state.firstUndecidedOffset, 5)
  })

  test('a marker without data here ends nothing, but its epoch counts', () => {
    const state = stateAfter(1)
    assert.equal(marker(state, 'commit', { producerEpoch: 2 }), null)
    assert.equal(outcome(state, batch({ producerEpoch: 1 })), 'invalid-producer-epoch')
    assert.equal(outcome(state, batch({ producerEpoch: 2, baseSequence: 1 })), 'out-of-order-sequence')
    assert.equal(outcome(state, batch({ producerEpoch: 2, baseSequence: 0 })), 'append')
  })

  test('an ended transaction stays unstable until its marker is below the high watermark', () => {
    const state = new ProducerState()
    store(state, batch({ isTransactional: true }))
    marker(state, 'commit')
    assert.equal(state.firstUndecidedOffset, null)
    assert.equal(state.firstUnstableOffset(1), 0)
    assert.equal(state.firstUnstableOffset(2), null)
  })

  test('a control batch without its record changes nothing but the end', () => {
    const state = new ProducerState()
    store(state, batch({ isTransactional: true }))
    state.appended(batch({ isControl: true, baseSequence: -1 }), { baseOffset: 1, nowMs: 1000, marker: null })
    assert.deepEqual([state.firstUndecidedOffset, state.endOffset], [0, 2])
  })

  test('DescribeProducers sees sequence, epochs and the open transaction', () => {
    const state = stateAfter(2)
    store(state, batch({ baseSequence: 2, isTransactional: true, maxTimestamp: 1234 }))
    assert.deepEqual(state.describe(), [
      {
        producerId: 7,
        producerEpoch: 0,
        lastSequence: 2,
        lastTimestamp: 1234,
        coordinatorEpoch: -1,
        currentTransactionStartOffset: 2,
      },
    ])
  })
})
