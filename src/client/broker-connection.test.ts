import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiVersions } from '../kafka/schema/api-versions.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { produce } from '../kafka/schema/produce.ts'
import { BrokerConnection } from './broker-connection.ts'
import { BrokerUnreachable, Cancelled, KafkaError } from './kafka-error.ts'
import { type ScriptedBroker, withScriptedBroker } from './scripted-broker-fixture.ts'

const options = { clientId: 'test', timeoutMs: 1_000 }

function open(broker: ScriptedBroker): Promise<BrokerConnection> {
  return BrokerConnection.open(broker.client.runtime, { host: 'broker', port: 9092 }, options)
}

const isUnreachable = (code: string) => (error: unknown) => error instanceof BrokerUnreachable && error.code === code

test('nobody at the address is told with its name', () =>
  withScriptedBroker(async (broker) => {
    const opening = BrokerConnection.open(broker.client.runtime, { host: 'broker', port: 1 }, options)
    await assert.rejects(opening, (error) => isUnreachable('unreachable')(error) && /broker:1/.test(String(error)))
  }))

test('an older broker is asked in the versions that it knows', () =>
  withScriptedBroker(async (broker) => {
    broker.versionMax = new Map([
      [apiVersions.key, 2],
      [metadata.key, 5],
    ])
    const connection = await open(broker)
    assert.equal(connection.versionOf(metadata), 5)
    const answer = await connection.call(metadata, { topics: [] }, { timeoutMs: 1_000 })
    assert.equal(answer.brokers[0]?.host, 'broker')
    connection.close()
  }))

test('no version in common is an error that says so', () =>
  withScriptedBroker(async (broker) => {
    broker.versionMax = new Map([[produce.key, 2]])
    const connection = await open(broker)
    assert.throws(
      () => connection.versionOf(produce),
      (error) => error instanceof KafkaError && error.code === 35,
    )
    connection.close()
  }))

test('silence ends the connection, and with it all that waits on it', () =>
  withScriptedBroker(async (broker) => {
    const connection = await open(broker)
    broker.faults.push({ kind: 'silence' })
    const body = { acks: -1, topicData: [] }
    const silent = connection.call(produce, body, { timeoutMs: 500 })
    await assert.rejects(silent, isUnreachable('timeout'))
    assert.ok(connection.closed)
    await assert.rejects(connection.call(metadata, { topics: [] }, options), isUnreachable('timeout'))
  }))

test('a cancelled call leaves the connection to the others', () =>
  withScriptedBroker(async (broker) => {
    const connection = await open(broker)
    const cancel = new AbortController()
    const cancelled = connection.call(metadata, { topics: [] }, { timeoutMs: 500, signal: cancel.signal })
    const other = connection.call(metadata, { topics: [] }, { timeoutMs: 500 })
    cancel.abort()
    await assert.rejects(cancelled, Cancelled)
    assert.equal((await other).brokers.length, 1)
    await assert.rejects(connection.call(metadata, {}, { timeoutMs: 500, signal: cancel.signal }), Cancelled)
    connection.close()
  }))
