import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { DiskFile } from '../disk.ts'
import { SimWorld } from './sim-world.ts'

type Operation =
  | { type: 'append'; bytes: number }
  | { type: 'sync' }
  | { type: 'truncate'; by: number }
  | { type: 'crash' }

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('append' as const), bytes: fc.integer({ min: 1, max: 9000 }) }),
  },
  { weight: 3, arbitrary: fc.constant({ type: 'sync' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('truncate' as const), by: fc.integer({ min: 0, max: 5000 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'crash' as const }) },
)

test('synced bytes survive a power cut, unsynced ones may vanish, and what is invented is zeros', async () => {
  const marks = new Set<string>()
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(operation, { maxLength: 25 }), async (seed, operations) => {
      const world = new SimWorld(seed)
      const node = world.node('a')
      const open = () => world.complete(node.runtime.disk.open('f', 'write'))
      await world.complete(node.runtime.disk.writeFileAtomic('f', new Uint8Array(0)))
      let file: DiskFile = await open()
      let written = new Uint8Array(0)
      let synced = written
      // Per byte position: every value that it has had since the last sync, which a power cut may bring back.
      let history: Uint8Array[] = [written]
      let stamp = 0
      let leastSince = 0
      for (const next of operations) {
        if (next.type === 'append') {
          const bytes = new Uint8Array(next.bytes).map(() => 1 + (stamp++ % 255))
          await world.complete(file.write([bytes.subarray(0, 10), bytes.subarray(10)], written.length))
          written = Uint8Array.from([...written, ...bytes])
        } else if (next.type === 'truncate') {
          written = written.slice(0, Math.max(0, written.length - next.by))
          await world.complete(file.truncate(written.length))
          leastSince = Math.min(leastSince, written.length)
        } else if (next.type === 'sync') {
          await world.complete(file.sync())
          synced = written
          history = []
          leastSince = written.length
        } else {
          node.crash()
          node.restart()
          file = await open()
        }
        history.push(written)
        assert.deepEqual(node.disk.peek('f'), written)
      }
      node.powerCut()
      node.restart()
      const found = node.disk.peek('f')
      // What was synced and not cut off since is there.
      assert.ok(found.length >= leastSince)
      assert.deepEqual(found.slice(0, leastSince), synced.slice(0, leastSince))
      for (const [index, value] of found.entries()) {
        if (value !== 0)
          assert.ok(
            history.some((version) => version[index] === value),
            `byte ${index} is invented`,
          )
      }
      assert.ok(history.some((version) => found.length <= version.length))
      for (const mark of world.marks.keys()) marks.add(mark)
    }),
    { numRuns: 300 },
  )
  for (const mark of ['torn write', 'truncation lost', 'unsynced bytes lost', 'unsynced bytes are zeros']) {
    assert.ok(marks.has(mark), `${mark} was never seen in ${[...marks]}`)
  }
})
