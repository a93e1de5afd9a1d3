import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Degradation } from './degradation.ts'

const afterMs = 300

/** A primary whose end was 10 at time 0. */
function primary() {
  const degradation = new Degradation({ logEndOffset: 10, nowMs: 0 })
  return (nowMs: number, { copiedUpTo, end }: { copiedUpTo: number; end: number }): boolean => {
    degradation.look({ copiedUpTo, logEndOffset: end, nowMs, afterMs })
    return degradation.isOn
  }
}

describe('a primary goes on alone', () => {
  test('once its backups have not got for so long what it had, and not before', () => {
    const look = primary()
    assert.equal(look(299, { copiedUpTo: 9, end: 20 }), false)
    assert.equal(look(300, { copiedUpTo: 9, end: 20 }), true)
  })

  test('when too few are in touch for so long, though nothing is written', () => {
    const look = primary()
    assert.equal(look(100, { copiedUpTo: 10, end: 10 }), false)
    assert.equal(look(350, { copiedUpTo: -1, end: 10 }), false)
    assert.equal(look(400, { copiedUpTo: -1, end: 10 }), true)
  })

  test('not while backups are a little behind all the time', () => {
    const look = primary()
    for (let nowMs = 100; nowMs < 5_000; nowMs += 100) {
      assert.equal(look(nowMs, { copiedUpTo: 10 * (nowMs / 100), end: 10 * (nowMs / 100) + 10 }), false)
    }
  })

  test('until they have all that it had when it was looked at last', () => {
    const look = primary()
    assert.equal(look(300, { copiedUpTo: 9, end: 50 }), true)
    assert.equal(look(400, { copiedUpTo: 49, end: 60 }), true)
    assert.equal(look(500, { copiedUpTo: 59, end: 60 }), true)
    assert.equal(look(600, { copiedUpTo: 60, end: 70 }), false)
    assert.equal(look(899, { copiedUpTo: 60, end: 80 }), false)
    assert.equal(look(900, { copiedUpTo: 60, end: 80 }), true)
  })
})
