import { readFileSync } from 'node:fs'
import { buildBatch } from '../src/record/batch-builder.ts'
import { batchOf, openTestLog, testSettings, validated } from '../src/log/log-fixture.ts'
import { appendToQueue, openCommitLog, queuesOf, testQueues } from '../src/log/queues/commit-log-fixture.ts'
import { queueStartsBatch } from '../src/log/queues/queue-starts.ts'
import type { Runtime } from '../src/runtime/runtime.ts'
import { SimWorld } from '../src/runtime/sim/sim-world.ts'
import { kafkaPartitionFiles } from '../src/server/kafka-transactions-fixture.ts'
import { inCheckout } from './recorded-frames.ts'

/** The files of one partition, by name. */
export type Folder = ReadonlyMap<string, Buffer>

/** Small segments and dense indexes: a short log has several of each. */
export const folderSettings = { ...testSettings, segmentBytes: 2500, indexIntervalBytes: 150 }
export const folderPath = 'data/t-0'

/** Partitions with everything that can be in one: by Trilog, and by Kafka with and without transactions. */
export async function goodFolders(): Promise<Folder[]> {
  return [
    await trilogsFolder(),
    new Map(Object.entries(kafkaPartitionFiles).map(([name, base64]) => [name, Buffer.from(base64, 'base64')])),
    new Map([
      [
        '00000000000000000000.log',
        readFileSync(inCheckout('src/consumer-group/fixtures/kafka-4.3-consumer-offsets.log')),
      ],
    ]),
  ]
}

/** Several segments, epochs and producers, committed, aborted and open transactions. */
async function trilogsFolder(): Promise<Folder> {
  const world = new SimWorld(1)
  const { runtime } = world.node('a')
  const write = async (): Promise<Folder> => {
    const { log } = await openTestLog(runtime, { settings: folderSettings, directory: folderPath })
    for (let nth = 0; nth < 45; nth++) {
      const producer = { id: 7, epoch: 0, baseSequence: nth * 2 }
      const epoch = Math.floor(nth / 15)
      log.append(nth % 3 === 0 ? batchOf([`value ${nth}`, 'x'.repeat(nth)]) : batchOf(['a', 'b'], { producer }), epoch)
      if (nth % 9 === 4) for (const batch of transaction(nth)) log.append(batch, epoch)
    }
    await log.flush()
    await log.close()
    return readFolder(runtime)
  }
  return world.complete(write())
}

/** A commit log of several segments and epochs, with three queues and a beginning of one that has moved. */
export async function goodCommitLog(): Promise<Folder> {
  const world = new SimWorld(1)
  const { runtime } = world.node('a')
  const write = async (): Promise<Folder> => {
    const log = await openCommitLog(runtime, { settings: folderSettings, directory: folderPath })
    const [first] = testQueues
    for (let nth = 0; nth < 40; nth++) {
      const name = testQueues[nth % testQueues.length] ?? first
      const texts = [`value ${nth}`, 'x'.repeat(nth)]
      if (name !== undefined) appendToQueue(log, name, { texts, epoch: Math.floor(nth / 15), timestamp: 1000 + nth })
      if (nth === 30 && first !== undefined) {
        const { endOffset } = queuesOf(log).of(first)
        log.append(validated(queueStartsBatch([{ ...first, startOffset: 4, endOffset }], 1)), 2)
      }
    }
    await log.flush()
    await log.close()
    return readFolder(runtime)
  }
  return world.complete(write())
}

function transaction(nth: number) {
  const producer = { id: 100 + nth, epoch: 1, baseSequence: 0 }
  const marker = {
    timestamp: 1000,
    key: Buffer.from([0, 0, 0, nth % 2]),
    value: Buffer.from([0, 0, 0, 0, 0, 1]),
  }
  const control = { producer: { ...producer, baseSequence: -1 }, transactional: true, control: true }
  return [batchOf(['in a transaction'], { producer, transactional: true }), validated(buildBatch([marker], control))]
}

async function readFolder({ disk }: Runtime): Promise<Folder> {
  const files = new Map<string, Buffer>()
  for (const { name } of await disk.list(folderPath)) {
    files.set(name, Buffer.from(await disk.readFile(`${folderPath}/${name}`)))
  }
  return files
}
