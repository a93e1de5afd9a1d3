import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KafkaError } from './kafka-error.ts'
import { Producer, type ProducerOptions } from './producer.ts'
import type { Delivery } from './record-batch-queue.ts'
import { type ProduceFault, type ScriptedBroker, withScriptedBroker } from './scripted-broker-fixture.ts'

const messageTooLarge = 10
const notLeader = 6
const unknownProducerId = 59
const notEnoughReplicasAfterAppend = 20

/** Every record is a batch of its own, so that faults hit single records. */
const single: ProducerOptions = { batchBytesMax: 1, lingerMs: 0 }

function sendAll(producer: Producer, count: number): Promise<PromiseSettledResult<Delivery>[]> {
  const sent = Array.from({ length: count }, (_, index) =>
    producer.send({ topic: 't', value: Buffer.from(`${index}`) }),
  )
  return Promise.allSettled(sent)
}

function offsets(results: readonly PromiseSettledResult<Delivery>[]): (number | string)[] {
  return results.map((result) =>
    result.status === 'fulfilled' ? result.value.offset : (result.reason as Error).constructor.name,
  )
}

async function sendWithFaults(
  broker: ScriptedBroker,
  faults: readonly (ProduceFault | null)[],
  options: ProducerOptions = {},
): Promise<(number | string)[]> {
  broker.faults.push(...faults)
  const producer = new Producer(broker.client, { ...single, ...options })
  const results = await sendAll(producer, 8)
  await producer.close()
  return offsets(results)
}

const inOrder = [0, 1, 2, 3, 4, 5, 6, 7]

test('a lost answer makes no duplicate and no disorder, with five batches on their way', () =>
  withScriptedBroker(async (broker) => {
    assert.deepEqual(await sendWithFaults(broker, [null, { kind: 'drop', stored: true }]), inOrder)
    assert.equal(broker.stored.length, 8)
  }))

test('a lost request is sent again, before everything behind it', () =>
  withScriptedBroker(async (broker) => {
    assert.deepEqual(await sendWithFaults(broker, [{ kind: 'drop', stored: false }]), inOrder)
    assert.equal(broker.stored.length, 8)
  }))

test('an error that passes is tried again, and those behind it, which are out of order then, too', () =>
  withScriptedBroker(async (broker) => {
    const faults: ProduceFault[] = [
      { kind: 'error', code: notLeader },
      { kind: 'error', code: notLeader },
    ]
    assert.deepEqual(await sendWithFaults(broker, [null, null, ...faults]), inOrder)
    assert.equal(broker.stored.length, 8)
  }))

test('a silent broker is left, and asked again on another connection', () =>
  withScriptedBroker(async (broker) => {
    assert.deepEqual(await sendWithFaults(broker, [{ kind: 'silence' }]), inOrder)
    assert.equal(broker.stored.length, 8)
  }))

test('stored but not replicated in time is asked again, and answered with the first offset', () =>
  withScriptedBroker(async (broker) => {
    assert.deepEqual(await sendWithFaults(broker, [{ kind: 'error', code: notEnoughReplicasAfterAppend }]), inOrder)
  }))

test('a refused record fails alone: those behind it go under a new producer id', () =>
  withScriptedBroker(async (broker) => {
    const results = await sendWithFaults(broker, [null, { kind: 'error', code: messageTooLarge }])
    assert.deepEqual(results, [0, 'KafkaError', 1, 2, 3, 4, 5, 6])
    assert.deepEqual(new Set(broker.stored.map((batch) => batch.producerId)), new Set([100, 101]))
  }))

test('a producer that the broker has forgotten gets a new id', () =>
  withScriptedBroker(async (broker) => {
    assert.deepEqual(await sendWithFaults(broker, [null, { kind: 'error', code: unknownProducerId }]), inOrder)
    assert.equal(broker.stored.length, 8)
  }))

test('a record whose fate is unknown when its time is up takes those behind it along', () =>
  withScriptedBroker(async (broker) => {
    const silence: ProduceFault = { kind: 'silence' }
    const results = await sendWithFaults(broker, Array(40).fill(silence), { deliveryTimeoutMs: 3_000 })
    assert.deepEqual(new Set(results), new Set(['BrokerUnreachable']))
    broker.faults.length = 0
    const producer = new Producer(broker.client, single)
    const stored = broker.logEndOffset
    assert.deepEqual(offsets(await sendAll(producer, 1)), [stored])
    await producer.close()
  }))

test('without idempotence one batch is on its way at a time, so that repeats keep the order', () =>
  withScriptedBroker(async (broker) => {
    const options: ProducerOptions = { acks: 1 }
    assert.deepEqual(await sendWithFaults(broker, [null, { kind: 'drop', stored: false }], options), inOrder)
    assert.ok(!broker.asked.includes('InitProducerId'))
  }))

test('acks=0 waits for nothing and knows no offset', () =>
  withScriptedBroker(async (broker) => {
    const producer = new Producer(broker.client, { ...single, acks: 0 })
    assert.deepEqual(offsets(await sendAll(producer, 3)), [-1, -1, -1])
    await producer.close()
    await broker.client.describe([])
    assert.equal(broker.logEndOffset, 3)
  }))

test('records share batches, and flush resolves when those before it are settled', () =>
  withScriptedBroker(async (broker) => {
    const producer = new Producer(broker.client, { lingerMs: 60_000 })
    let settled = 0
    for (let index = 0; index < 100; index++) {
      void producer.send({ topic: 't', value: Buffer.from(`${index}`) }).then(() => settled++)
    }
    await producer.flush()
    assert.equal(settled, 100)
    assert.deepEqual(broker.storedCounts, [100])
    await producer.close()
  }))

test('a full buffer holds the sender back, and no record is lost or overtaken', () =>
  withScriptedBroker(async (broker) => {
    const producer = new Producer(broker.client, { ...single, bufferBytesMax: 100 })
    await producer.send({ topic: 't' })
    const results = sendAll(producer, 50)
    assert.notEqual(producer.ready(), null)
    assert.deepEqual(
      offsets(await results),
      Array.from({ length: 50 }, (_, index) => index + 1),
    )
    assert.equal(producer.ready(), null)
    await producer.close()
  }))

test('a partition that is not there, and a closed producer, are refused at once', () =>
  withScriptedBroker(async (broker) => {
    const producer = new Producer(broker.client)
    await assert.rejects(producer.send({ topic: 't', partition: 7 }), (error) => {
      return error instanceof KafkaError && /there is no partition 7/.test(error.message)
    })
    await producer.close()
    await assert.rejects(producer.send({ topic: 't' }), /cancelled/)
  }))

test('closing the client ends what is on its way', () =>
  withScriptedBroker(async (broker) => {
    broker.faults.push({ kind: 'silence' })
    const producer = new Producer(broker.client, single)
    const results = sendAll(producer, 3)
    while (!broker.asked.includes('Produce'))
      await new Promise<void>((resolve) => void broker.world.schedule(1, resolve))
    broker.client.close()
    assert.ok((await results).every((result) => result.status === 'rejected'))
    await producer.close()
  }))
