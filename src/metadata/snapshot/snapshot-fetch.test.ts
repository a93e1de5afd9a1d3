import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answerer } from '../../peer/asks.ts'
import { AskFailed } from '../../peer/asks.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { ImageHistory } from './image-history-fixture.ts'
import { SnapshotFetch } from './snapshot-fetch.ts'
import { SnapshotFolder } from './snapshot-folder.ts'

const id = { endOffset: 30, epoch: 2 }
const from = { broker: 1, directory: 'AAAAAAAAAAAAAAAAAAAAZA', incarnation: 'AAAAAAAAAAAAAAAAAAAAZA' }
const pieceBytesMax = 50

/** Two processes, of which one has a snapshot; what the other is answered may be changed on the way. */
class Story {
  readonly asked: number[] = []
  onTheWay: (piece: Uint8Array, nth: number) => Uint8Array = (piece) => piece
  there!: SnapshotFolder
  here!: SnapshotFolder
  fetch!: SnapshotFetch

  static tell(story: (story: Story) => Promise<void>): Promise<void> {
    const world = new SimWorld(1)
    const run = async (): Promise<void> => {
      const told = new Story()
      await told.#begin(world)
      await story(told)
    }
    return world.complete(run())
  }

  async #begin(world: SimWorld): Promise<void> {
    const open = async (name: string): Promise<SnapshotFolder> => {
      const { disk } = world.node(name).runtime
      await disk.makeDirectory('/log')
      return SnapshotFolder.open({ disk, directory: '/log', clusterId: 'cluster', logger: silentLogger })
    }
    this.there = await open('there')
    this.here = await open('here')
    const history = new ImageHistory()
    for (let step = 0; step < 40; step++) history.step([0, step, step * 13])
    await this.there.write({ ...id, image: history.image }, 9)
    let answerer: Answerer = () => Promise.reject(new Error('nobody answers'))
    const logger = silentLogger
    const answering = {
      answer: (_subject: string, given: Answerer) => void (answerer = given),
      ask: () => Promise.reject(new Error('it asks nobody')),
    }
    const server = new SnapshotFetch({ folder: this.there, asks: answering, pieceBytesMax, logger })
    assert.ok(server)
    const asking = {
      answer: () => {},
      ask: async (_to: number, _subject: string, body: Uint8Array) => {
        this.asked.push((JSON.parse(Buffer.from(body).toString()) as { position: number }).position)
        const answer = await answerer(from, body).catch((error: Error) => {
          throw new AskFailed('refused', error.message)
        })
        return this.onTheWay(answer, this.asked.length)
      },
    }
    this.fetch = new SnapshotFetch({ folder: this.here, asks: asking, pieceBytesMax, logger })
  }
}

describe('a snapshot that another process has', () => {
  test('comes in pieces, each from where the one before ended, and is one of this folder then', () =>
    Story.tell(async ({ fetch, here, asked, there }) => {
      assert.equal(await fetch.fetch(1, id), true)
      assert.deepEqual(here.ids, [id])
      assert.ok(asked.length > 5)
      assert.deepEqual(
        asked,
        asked.map((_, at) => at * pieceBytesMax),
      )
      assert.deepEqual((await here.loadNewest())?.image.brokers, (await there.loadNewest())?.image.brokers)
    }))

  test('goes on where it broke off', () =>
    Story.tell(async (story) => {
      story.onTheWay = (piece, nth) => {
        if (nth === 4) throw new AskFailed('lost', 'the stream has closed')
        return piece
      }
      assert.equal(await story.fetch.fetch(1, id), false)
      assert.deepEqual(story.here.ids, [])
      assert.equal(await story.fetch.fetch(1, id), true)
      assert.deepEqual(story.asked.slice(3, 6), [150, 150, 200])
    }))

  test('is fetched anew when it is not what was written there', () =>
    Story.tell(async (story) => {
      story.onTheWay = (piece, nth) => {
        const changed = Buffer.from(piece)
        if (nth === 3) changed[changed.length - 1] = (changed[changed.length - 1] as number) ^ 1
        return changed
      }
      assert.equal(await story.fetch.fetch(1, id), false)
      assert.deepEqual(story.here.ids, [])
      assert.equal(await story.fetch.fetch(1, id), true)
      assert.equal(story.asked.filter((position) => position === 0).length, 2)
    }))

  test('is not to be had where it is not any more', () =>
    Story.tell(async ({ fetch, here }) => {
      assert.equal(await fetch.fetch(1, { endOffset: 29, epoch: 2 }), false)
      assert.deepEqual(here.ids, [])
    }))

  test('is not asked for again once it is here', () =>
    Story.tell(async ({ fetch, asked }) => {
      await fetch.fetch(1, id)
      const { length } = asked
      assert.equal(await fetch.fetch(1, id), true)
      assert.equal(asked.length, length)
    }))
})
