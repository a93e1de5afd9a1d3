import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import { type ProducerBatch, ProducerState } from './producer-state.ts'
import { sequenceMax } from './producer-state-sequence.ts'

interface Stored {
  batch: ProducerBatch
  baseOffset: number
}

/** The slow twin: keeps every batch and judges by walking all of them. */
class EveryBatch {
  readonly stored: Stored[] = []

  check(asked: ProducerBatch): string {
    const own = this.stored.filter(({ batch }) => batch.producerId === asked.producerId)
    const last = own.at(-1)
    if (last === undefined) return 'append'
    if (asked.producerEpoch < last.batch.producerEpoch) return 'invalid-producer-epoch'
    if (asked.producerEpoch > last.batch.producerEpoch) {
      return asked.baseSequence === 0 ? 'append' : 'out-of-order-sequence'
    }
    const since = own.findLastIndex(({ batch }) => batch.producerEpoch !== asked.producerEpoch) + 1
    for (const { batch, baseOffset } of own.slice(since).slice(-5)) {
      if (batch.baseSequence === asked.baseSequence && batch.lastOffsetDelta === asked.lastOffsetDelta) {
        return `duplicate of ${baseOffset}`
      }
    }
    const next = (BigInt(last.batch.baseSequence) + BigInt(last.batch.lastOffsetDelta) + 1n) % 2n ** 31n
    return BigInt(asked.baseSequence) === next ? 'append' : 'out-of-order-sequence'
  }
}

const verdict = (state: ProducerState, asked: ProducerBatch): string => {
  const check = state.check(asked)
  if (check.outcome === 'refused') return check.code
  return check.outcome === 'duplicate' ? `duplicate of ${check.baseOffset}` : 'append'
}

const batch = (producerId: number, producerEpoch: number, baseSequence: number, count: number): ProducerBatch => ({
  producerId,
  producerEpoch,
  baseSequence,
  lastOffsetDelta: count - 1,
  maxTimestamp: 1,
  isTransactional: false,
  isControl: false,
})

const requests = fc.array(
  fc.oneof(
    // Sends on from where the producer is, or again from some batches back.
    fc.record({
      kind: fc.constant('next' as const),
      producerId: fc.integer({ min: 0, max: 2 }),
      back: fc.integer({ min: 0, max: 7 }),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({
      kind: fc.constant('any' as const),
      producerId: fc.integer({ min: 0, max: 2 }),
      epoch: fc.integer({ min: 0, max: 3 }),
      sequence: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: sequenceMax - 4, max: sequenceMax })),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constant('snapshot' as const) }),
  ),
  { maxLength: 120 },
)

type Request = typeof requests extends fc.Arbitrary<(infer R)[]> ? R : never

/** The batch that a request means, given what its producer has stored so far. */
function meant(request: Request, twin: EveryBatch): ProducerBatch | null {
  if (request.kind === 'snapshot') return null
  if (request.kind === 'any') return batch(request.producerId, request.epoch, request.sequence, request.count)
  const own = twin.stored.filter((stored) => stored.batch.producerId === request.producerId)
  const last = own.at(-1)?.batch
  if (last === undefined) return batch(request.producerId, 0, sequenceMax - 5, request.count)
  if (request.back > 0) return own.at(-request.back)?.batch ?? null
  const next = (last.baseSequence + last.lastOffsetDelta + 1) % 2 ** 31
  return batch(request.producerId, last.producerEpoch, next, request.count)
}

test('producer state judges like a twin that keeps every batch, restarts from snapshots in between', () => {
  fc.assert(
    fc.property(requests, (sent) => {
      let state = new ProducerState()
      const twin = new EveryBatch()
      for (const request of sent) {
        if (request.kind === 'snapshot') {
          const entries = decodeProducerSnapshot(encodeProducerSnapshot(state.entries()))
          assert.ok(entries !== null)
          const restarted = new ProducerState()
          restarted.reset(state.endOffset, entries)
          state = restarted
          continue
        }
        const asked = meant(request, twin)
        if (asked === null) continue
        const expected = twin.check(asked)
        assert.equal(verdict(state, asked), expected)
        if (expected !== 'append') continue
        twin.stored.push({ batch: asked, baseOffset: state.endOffset })
        state.appended(asked, { baseOffset: state.endOffset, nowMs: 1 })
      }
    }),
    { numRuns: 2000 },
  )
})

test('damage to any byte of a snapshot is noticed', () => {
  const state = new ProducerState()
  for (let sequence = 0; sequence < 3; sequence++) {
    state.appended(batch(4, 1, sequence, 1), { baseOffset: sequence, nowMs: 1 })
  }
  const whole = encodeProducerSnapshot(state.entries())
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(whole)
      damaged[at] = (damaged[at] as number) ^ flip
      assert.equal(decodeProducerSnapshot(damaged), null)
    }),
  )
  fc.assert(
    fc.property(fc.nat(whole.length - 1), (length) => {
      assert.equal(decodeProducerSnapshot(whole.subarray(0, length)), null)
    }),
  )
})
