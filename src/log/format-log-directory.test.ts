import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { formatLogDirectory } from './format-log-directory.ts'
import { LogDirectory } from './log-directory.ts'
import { LogDirectoryRefusal } from './log-directory-refusal.ts'

const wanted = { nodeId: 3, clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ' }

describe('a log directory that is made beforehand', () => {
  test('is the one that its broker then starts on, also after a power cut', async () => {
    const world = new SimWorld(1)
    const node = world.node('broker')
    const id = await world.complete(formatLogDirectory(node.runtime, '/data', wanted))
    node.powerCut()
    const runtime = node.restart()
    const opened = await world.complete(LogDirectory.open({ runtime, path: '/data', ...wanted }))
    const { directoryId, clusterId, nodeId, madeNow } = opened.identity
    assert.deepEqual([directoryId, clusterId, nodeId, madeNow], [id, wanted.clusterId, 3, false])
  })

  test('is left as it is by another making, and refused to another node', async () => {
    const world = new SimWorld(1)
    const { runtime } = world.node('broker')
    const id = await world.complete(formatLogDirectory(runtime, '/data', wanted))
    assert.equal(await world.complete(formatLogDirectory(runtime, '/data', wanted)), id)
    await assert.rejects(
      world.complete(formatLogDirectory(runtime, '/data', { ...wanted, nodeId: 4 })),
      LogDirectoryRefusal,
    )
  })
})
