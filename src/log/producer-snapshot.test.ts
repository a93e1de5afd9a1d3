import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import { ProducerState } from './producer-state.ts'

/** Written by Kafka 4.3.1 at its clean shutdown: an idempotent producer, and one whose transaction has ended. */
const ofKafka = Buffer.from(
  '00011372aef700000002' +
    '0000000000000000000000000006000000000000000600000000000001a20b018176ffffffffffffffffffffffff' +
    '00000000000000010003ffffffffffffffffffffffff00000000000001a20b0183b500000000ffffffffffffffff',
  'hex',
)

test('a snapshot that Kafka has written is read', () => {
  const state = new ProducerState()
  state.reset(16, decodeProducerSnapshot(ofKafka) ?? [])
  const idle = { currentTransactionStartOffset: -1 }
  assert.deepEqual(state.describe(), [
    { ...idle, producerId: 0, producerEpoch: 0, lastSequence: 6, lastTimestamp: 1795480977782, coordinatorEpoch: -1 },
    { ...idle, producerId: 1, producerEpoch: 3, lastSequence: -1, lastTimestamp: 1795480978357, coordinatorEpoch: 0 },
  ])
  assert.deepEqual([...state.entries()][0]?.batches, [
    { lastSequence: 6, lastOffset: 6, offsetDelta: 0, timestamp: 1795480977782 },
  ])
})

test('what Kafka reads of a snapshot of ours is what Kafka would have written', () => {
  const entries = decodeProducerSnapshot(ofKafka) ?? []
  const ours = encodeProducerSnapshot(entries)
  // All but the CRC, which covers what follows Kafka's fields, too.
  assert.deepEqual(ours.subarray(6, ofKafka.length), ofKafka.subarray(6))
})
