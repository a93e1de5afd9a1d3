import assert from 'node:assert/strict'
import { test } from 'node:test'
import { furthestOf, isAskedEnough, type PromisedEnd } from './promotion.ts'

const former = 0

function subsets(of: readonly number[]): number[][] {
  return of.reduce<number[][]>((all, one) => [...all, ...all.map((set) => [...set, one])], [[]])
}

test('enough are asked exactly when every set that may have acknowledged has one of them', () => {
  let [enough, few] = [0, 0]
  for (let replicas = 1; replicas <= 5; replicas++) {
    const backups = Array.from({ length: replicas - 1 }, (_, nth) => nth + 1)
    for (let syncBackups = 0; syncBackups < replicas; syncBackups++) {
      const acknowledging = subsets(backups)
        .filter((set) => set.length === syncBackups)
        .map((set) => [former, ...set])
      for (const asked of subsets([former, ...backups])) {
        const answers = asked.map((broker) => ({ broker, position: { lastEpoch: 0, endOffset: 0 } }))
        const meets = acknowledging.every((set) => set.some((broker) => asked.includes(broker)))
        assert.equal(
          isAskedEnough({ replicas, syncBackups, former, answers }),
          meets,
          `${replicas} ${syncBackups} ${asked}`,
        )
        if (meets) enough++
        else few++
      }
    }
  }
  assert.ok(enough > 100 && few > 50, `${enough} ${few}`)
})

test('the longest log is that of the latest epoch, and of the longest among those', () => {
  const end = (broker: number, lastEpoch: number, endOffset: number): PromisedEnd => ({
    broker,
    position: { lastEpoch, endOffset },
  })
  assert.equal(furthestOf([]), null)
  assert.equal(furthestOf([end(1, 3, 50), end(2, 4, 10), end(3, 4, 12)])?.broker, 3)
  assert.equal(furthestOf([end(1, 4, 12), end(2, 4, 12)])?.broker, 1)
})
