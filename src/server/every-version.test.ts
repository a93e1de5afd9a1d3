import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ownApis } from '../kafka/schema/own/own-apis.ts'
import { apis } from '../kafka/schema/registry.ts'
import { withBroker } from './broker-fixture.ts'
import { kafkaCalls } from './kafka-calls-fixture.ts'
import { Known, prepare } from './kafka-call-fixture.ts'

describe('every API', () => {
  for (const api of [...apis, ...ownApis]) {
    test(`${api.name} answers in every version, what works and what is refused, and keeps the connection`, () =>
      withBroker(async (broker) => {
        const known = new Known()
        await prepare(known, (asked, version, body) => broker.call(asked, version, body))
        for (const { name, versions, body } of kafkaCalls.filter((call) => call.api === api)) {
          for (let version = versions[0]; version <= versions[1]; version++) {
            await assert.doesNotReject(broker.call(api, version, body(known, version)), `version ${version}: ${name}`)
          }
        }
        assert.deepEqual(broker.lines('a connection is closed'), [])
        assert.deepEqual(broker.lines('a request failed'), [])
      }))
  }

  test('is called by some test in every version', () => {
    for (const { key, name, versions } of [...apis, ...ownApis]) {
      for (let version = versions[0]; version <= versions[1]; version++) {
        const called = kafkaCalls.some(
          (call) => call.api.key === key && call.versions[0] <= version && version <= call.versions[1],
        )
        assert.ok(called, `${name} ${version}`)
      }
    }
  })
})
