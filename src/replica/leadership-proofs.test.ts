import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LeadershipProofs } from './leadership-proofs.ts'

/** Proven once so many have been heard. */
const proofsOf = (enough: number) => {
  const told: (string | null)[] = []
  const proofs = new LeadershipProofs<string>((heard) => heard.size >= enough)
  return { proofs, told, begin: () => proofs.begin((refusal) => told.push(refusal)) }
}

describe('that a leader still leads', () => {
  test('is proven at once where nobody could have taken its place', () => {
    const { told, begin } = proofsOf(0)
    begin()
    assert.deepEqual(told, [null])
  })

  test('is proven by a fetch that was begun since, and not by one that was on its way', () => {
    const { proofs, told, begin } = proofsOf(1)
    begin()
    assert.equal(proofs.waitsFor(2), true)
    proofs.fetched(2)
    assert.deepEqual(told, [])
    proofs.answered(2)
    assert.equal(proofs.waitsFor(2), false)
    proofs.fetched(2)
    assert.deepEqual(told, [null])
  })

  test('takes as many as could have taken its place, each heard since', () => {
    const { proofs, told, begin } = proofsOf(2)
    begin()
    for (const broker of [2, 2, 3]) {
      proofs.answered(broker)
      proofs.fetched(broker)
      assert.deepEqual(told, broker === 3 ? [null] : [])
    }
  })

  test('is refused when the leadership ends', () => {
    const { proofs, told, begin } = proofsOf(1)
    begin()
    proofs.refuseAll('over')
    assert.deepEqual(told, ['over'])
  })
})
