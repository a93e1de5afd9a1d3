import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MemoryAccount } from './memory-account.ts'
import { MemoryBound } from './memory-bound.ts'

const fail = (): void => assert.fail('nothing came free for it')

describe('memory that connections share', () => {
  test('is given as wanted while there is plenty, and in ever smaller parts as it ends, but never below what is needed', () => {
    const bound = new MemoryBound(800)
    assert.deepEqual([bound.take(1, 50), bound.take(1, 500), bound.take(60, 500)], [50, 93, 82])
    assert.equal(bound.usedBytes, 225)
    assert.equal(bound.take(600, 600), -1)
    assert.equal(bound.take(575, 600), 575)
    assert.equal(bound.take(1, 1), -1)
  })

  test('is given to one alone that wants more than all of it', () => {
    const bound = new MemoryBound(100)
    assert.equal(bound.take(1000, 1000), 1000)
    assert.equal(bound.take(1, 1), -1)
    bound.give(1000)
    assert.equal(bound.usedBytes, 0)
  })

  test('comes to those who wait in their order, and nobody gets in before them', () => {
    const bound = new MemoryBound(100)
    const order: string[] = []
    bound.take(100, 100)
    bound.wait(60, () => order.push('large'))
    bound.wait(10, () => order.push('small'))
    assert.equal(bound.wantedBytes, 70)
    bound.give(50)
    assert.deepEqual(order, [])
    assert.equal(bound.take(1, 1), -1)
    bound.give(50)
    assert.deepEqual(order, ['large', 'small'])
    assert.deepEqual([bound.usedBytes, bound.wantedBytes], [70, 0])
  })

  test('is not kept for who has gone, and whoever waits behind him is served', () => {
    const bound = new MemoryBound(100)
    bound.take(100, 100)
    const leave = bound.wait(90, fail)
    let served = false
    bound.wait(20, () => (served = true))
    leave()
    bound.give(30)
    assert.equal(served, true)
  })

  test('says when it begins to be short', () => {
    const bound = new MemoryBound(1)
    let shortages = 0
    bound.onShortage = () => shortages++
    bound.take(1, 1)
    bound.wait(1, () => {})
    bound.wait(1, () => {})
    assert.equal(shortages, 1)
  })
})

describe('what one connection holds', () => {
  test('is its own up to its allowance, whatever others hold', () => {
    const bound = new MemoryBound(100)
    const [greedy, modest] = [new MemoryAccount(bound, 10), new MemoryAccount(bound, 10)]
    assert.equal(greedy.take(110, 110), 110)
    assert.equal(bound.usedBytes, 100)
    assert.equal(modest.take(11, 11), 0)
    assert.equal(modest.take(4, 4), 4)
    assert.equal(modest.take(1, 500), 6)
    assert.equal(bound.usedBytes, 100)
    modest.give(10)
    greedy.give(110)
    assert.deepEqual([modest.heldBytes, greedy.heldBytes, bound.usedBytes], [0, 0, 0])
  })

  test('waits for what is beyond it, which is kept until it is taken', () => {
    const bound = new MemoryBound(100)
    const [greedy, patient] = [new MemoryAccount(bound, 10), new MemoryAccount(bound, 10)]
    greedy.take(110, 110)
    let again = 0
    patient.wait(50, () => again++)
    patient.wait(50, fail)
    greedy.give(100)
    assert.equal(again, 1)
    assert.equal(bound.usedBytes, 40)
    assert.equal(patient.take(50, 50), 50)
    assert.equal(bound.usedBytes, 40)
  })

  test('is given back when it was kept in vain', () => {
    const bound = new MemoryBound(100)
    const [greedy, gone] = [new MemoryAccount(bound, 0), new MemoryAccount(bound, 0)]
    greedy.take(100, 100)
    gone.wait(30, () => {})
    greedy.give(100)
    assert.equal(bound.usedBytes, 30)
    gone.forget()
    assert.equal(bound.usedBytes, 0)
  })

  test('may grow beyond the bound by what is there already', () => {
    const bound = new MemoryBound(100)
    const account = new MemoryAccount(bound, 10)
    account.add(500)
    assert.deepEqual([account.sharedBytes, bound.usedBytes], [490, 490])
    account.give(500)
    assert.equal(bound.usedBytes, 0)
  })
})
