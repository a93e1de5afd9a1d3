import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutFor, divergenceOf, type EpochEnd } from './divergence.ts'

/** A log as the list of its entries' epochs: slow, and plainly what a log is. */
class ListedLog {
  readonly logStartOffset = 0
  readonly entries: number[]

  constructor(entries: number[]) {
    this.entries = entries
  }

  get logEndOffset(): number {
    return this.entries.length
  }

  get lastEpoch(): number {
    return this.entries.at(-1) ?? -1
  }

  get epochs() {
    return { lastEpoch: this.lastEpoch, entries: [], endOffsetFor: (epoch: number) => this.#endOffsetFor(epoch) }
  }

  #endOffsetFor(epoch: number): EpochEnd | null {
    if (epoch > this.lastEpoch || this.entries.length === 0) return null
    const endOffset = this.entries.findLastIndex((each) => each <= epoch) + 1
    return endOffset === 0 ? { epoch, endOffset: 0 } : { epoch: this.entries[endOffset - 1] as number, endOffset }
  }
}

/**
 * Two logs that obey log matching, as replication makes them: each epoch has one leader, who goes on from some log that
 * was there before. So equal epochs at one offset mean equal prefixes.
 */
const logs = fc
  .array(fc.record({ from: fc.nat(9), keep: fc.nat(9), count: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((leaderships) => {
    const known: number[][] = [[]]
    leaderships.forEach(({ from, keep, count }, at) => {
      const before = known[from % known.length] as number[]
      const kept = before.slice(0, Math.max(0, before.length - (keep % 4)))
      known.push([...kept, ...Array.from({ length: count }, () => at + 1)])
    })
    return known
  })

const pairs = fc.tuple(logs, fc.nat(99), fc.nat(99)).map(([known, a, b]) => ({
  leader: new ListedLog([...(known[a % known.length] as number[])]),
  follower: new ListedLog([...(known[b % known.length] as number[])]),
}))

const commonLength = (one: ListedLog, other: ListedLog): number => {
  let length = 0
  while (length < Math.min(one.logEndOffset, other.logEndOffset) && one.entries[length] === other.entries[length])
    length++
  return length
}

const fetchOf = (log: ListedLog) => ({ from: log.logEndOffset, lastEpoch: log.lastEpoch })

test('a fetch is let through exactly where the log that asks is a beginning of the leader’s', () => {
  fc.assert(
    fc.property(pairs, ({ leader, follower }) => {
      const isBeginning = commonLength(leader, follower) === follower.logEndOffset
      assert.equal(divergenceOf(fetchOf(follower), leader) === null, isBeginning)
    }),
  )
})

test('cutting ends where the logs part, keeps all that they share, and asks at most once per epoch', () => {
  fc.assert(
    fc.property(pairs, ({ leader, follower }) => {
      const common = commonLength(leader, follower)
      const epochs = new Set(follower.entries).size
      for (let asked = 0; ; asked++) {
        const end = divergenceOf(fetchOf(follower), leader)
        if (end === null) break
        assert.ok(asked <= epochs, 'it ends')
        const cut = cutFor(end, follower)
        assert.ok(cut >= common, 'nothing that both have is cut')
        follower.entries.length = cut
      }
      assert.equal(follower.logEndOffset, common)
    }),
  )
})
