import assert from 'node:assert/strict'
import { test } from 'node:test'
import { workloadOf } from './workload.ts'

test('a workload is the same for the same seed and another for another', () => {
  assert.deepEqual(workloadOf(5), workloadOf(5))
  assert.notDeepEqual(workloadOf(5), workloadOf(6))
})

test('over some seeds everything that can happen does', () => {
  const seen = new Set<string>()
  for (let seed = 0; seed < 50; seed++) {
    const { steps, producers, topics } = workloadOf(seed)
    for (const [index, { atMs, action }] of steps.entries()) {
      assert.ok(atMs >= (steps[index - 1]?.atMs ?? 0))
      seen.add(action.do)
      if (action.do === 'produce') {
        assert.ok(action.partition < (topics[action.topic]?.partitions ?? 0))
        seen.add(`${producers[action.producer]?.name} to ${topics[action.topic]?.name}`)
      }
    }
  }
  const actions = ['produce', 'read', 'commit', 'delete-records', 'crash', 'power-cut', 'stop', 'disk-fault']
  const faults = ['reset-connections', 'slow-disk', 'clock-jump', 'age', 'members', 'look', 'commit-spare']
  for (const wanted of [...actions, ...faults]) assert.ok(seen.has(wanted), wanted)
  for (const producer of ['once', 'all', 'leader', 'none']) {
    for (const topic of ['synced', 'cached', 'compacted', 'aged']) assert.ok(seen.has(`${producer} to ${topic}`))
  }
})
