import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { silentLogger } from '../../runtime/logger.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { ClusterImage } from '../image.ts'
import { type Draws, factsOf, ImageHistory, throughBytes } from './image-history-fixture.ts'
import { recordsBetween } from './records-between.ts'
import { readSnapshotFile } from './snapshot-file.ts'
import { SnapshotFolder } from './snapshot-folder.ts'

const draws: fc.Arbitrary<Draws> = fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(100_000))
const histories = fc.array(draws, { minLength: 1, maxLength: 60 })

function historyOf(steps: readonly Draws[]): ImageHistory {
  const history = new ImageHistory()
  for (const step of steps) history.step(step)
  return history
}

async function emptyFolder(world: SimWorld) {
  const { disk } = world.node('broker').runtime
  await disk.makeDirectory('/log')
  return { disk, directory: '/log', clusterId: 'cluster', logger: silentLogger }
}

const sameOrder = (image: ClusterImage): object => [
  [...image.brokers],
  [...image.topics],
  image.resources.map(({ settings, ...resource }) => ({ ...resource, settings: [...settings] })),
]

test('an image is read from its snapshot as it was, and goes on from there as the whole log leads on', async () => {
  await fc.assert(
    fc.asyncProperty(histories, histories, async (before, after) => {
      const history = historyOf(before)
      const endOffset = history.records.length
      const world = new SimWorld(1)
      const where = await world.complete(emptyFolder(world))
      const folder = await world.complete(SnapshotFolder.open(where))
      const copy = history.image.copy()
      const atSnapshot = factsOf(history.image)
      for (const step of after) history.step(step)
      assert.deepEqual(factsOf(copy), atSnapshot)
      await world.complete(folder.write({ image: copy, endOffset, epoch: 3 }, 99))
      const loaded = await world.complete((async () => (await SnapshotFolder.open(where)).loadNewest())())
      assert.deepEqual([loaded?.endOffset, loaded?.epoch], [endOffset, 3])
      const image = loaded?.image as ClusterImage
      assert.deepEqual(factsOf(image), atSnapshot)
      assert.deepEqual(sameOrder(image), sameOrder(copy))
      history.records.slice(endOffset).forEach((record, at) => image.replay(throughBytes(record), endOffset + at))
      assert.deepEqual(factsOf(image), factsOf(history.image))
    }),
  )
})

test('records between two images of a history make of the older one the newer', () => {
  fc.assert(
    fc.property(histories, histories, (before, after) => {
      const history = historyOf(before)
      const older = history.image.copy()
      for (const step of after) history.step(step)
      for (const record of [...recordsBetween(older, history.image)]) older.replay(throughBytes(record), 7)
      assert.deepEqual(factsOf(older), factsOf(history.image))
      assert.deepEqual([...recordsBetween(older, history.image)], [])
    }),
  )
})

test('a snapshot of which a byte is another, or that ends anywhere else, is none', async () => {
  const histories = fc.array(draws, { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), fc.integer({ min: 0, max: 8 }), async (steps, place, bit) => {
      const { image } = historyOf(steps)
      const world = new SimWorld(1)
      const where = await world.complete(emptyFolder(world))
      const damaged = async (): Promise<boolean> => {
        const { disk } = where
        await (await SnapshotFolder.open(where)).write({ image, endOffset: 1, epoch: 1 }, 99)
        const path = '/log/00000000000000000001-0000000001.checkpoint'
        const bytes = Buffer.from(await disk.readFile(path))
        const at = place % bytes.length
        if (bit < 8) bytes[at] = (bytes[at] as number) ^ (1 << bit)
        await disk.writeFileAtomic(path, bit < 8 ? bytes : bytes.subarray(0, at))
        return readSnapshotFile(disk, path, () => {})
      }
      assert.equal(await world.complete(damaged()), false)
    }),
  )
})
