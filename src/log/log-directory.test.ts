import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { LogDirectory, type LogPlace, type OpenLogs, type OpenReport } from './log-directory.ts'
import { ByteLog } from './log-directory-byte-log.ts'
import type { HostedReplica } from './log-directory-name.ts'
import { LogDirectoryRefusal } from './log-directory-refusal.ts'

const path = '/data'
const flights: HostedReplica = { topic: 'flights', partition: 0, topicId: 'cJ4iTpBVQ9-xL2fNIm-h2A' }
const orders: HostedReplica = { topic: 'orders', partition: 3, topicId: 'Zk2iTpBVQ9-xL2fNIm-h2A' }

const node = (seed = 1) => {
  const world = new SimWorld(seed)
  return { world, machine: world.node('a') }
}

const openOn = (runtime: Runtime, options: { nodeId?: number; clusterId?: string } = {}) =>
  LogDirectory.open<ByteLog>({ runtime, path, nodeId: 1, ...options })

const how = (runtime: Runtime, flushesAlways = false): OpenLogs<ByteLog> => ({
  open: (place) => ByteLog.open(runtime, place),
  flushesAlways: () => flushesAlways,
})

/** Opens folder and logs. */
async function start(runtime: Runtime, flushesAlways = false) {
  const directory = await openOn(runtime)
  const report = await directory.openAll(how(runtime, flushesAlways))
  return { directory, report }
}

/** A folder with the two replicas, holding bytes, left as asked. */
async function madeFolder(runtime: Runtime, left: 'open' | 'closed') {
  const { directory } = await start(runtime)
  for (const replica of [flights, orders]) await directory.create(replica, (place) => ByteLog.open(runtime, place))
  await directory.markDirtyBeforeFirstAppend()
  for (const { log } of directory.logs()) await log.append('12345')
  if (left === 'closed') await directory.close({ brokerEpoch: 42 })
  return directory
}

const reasons = (report: OpenReport) => report.suspects.map(({ topic, reason }) => `${topic} ${reason}`).sort()

async function refusal(work: Promise<unknown>): Promise<LogDirectoryRefusal> {
  try {
    await work
  } catch (error) {
    assert.ok(error instanceof LogDirectoryRefusal, `${error}`)
    return error
  }
  throw new assert.AssertionError({ message: 'it was not refused' })
}

const write = (runtime: Runtime, name: string, text: string) =>
  runtime.disk.writeFileAtomic(`${path}/${name}`, Buffer.from(text))

describe('whose folder it is', () => {
  test('a second process is refused while the first holds the folder', async () => {
    const { world, machine } = node()
    await world.complete(openOn(machine.runtime))
    const { code, message } = await world.complete(refusal(openOn(machine.runtime)))
    assert.equal(code, 'locked')
    assert.match(message, /in use by another broker/)
  })

  test('another node, another cluster, a newer version and garbage are refused with a sentence each', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    const first = await world.complete(openOn(runtime, { clusterId: 'cluster-a' }))
    await world.complete(first.close())
    const otherNode = await world.complete(refusal(openOn(runtime, { nodeId: 2 })))
    assert.deepEqual([otherNode.code, /node.id 1, not to 2/.test(otherNode.message)], ['other-node', true])
    const otherCluster = await world.complete(refusal(openOn(runtime, { clusterId: 'cluster-b' })))
    assert.deepEqual([otherCluster.code, /cluster-a/.test(otherCluster.message)], ['other-cluster', true])
    await world.complete(write(runtime, 'meta.properties', 'version=2\ncluster.id=cluster-a\nnode.id=1\n'))
    const newer = await world.complete(refusal(openOn(runtime)))
    assert.deepEqual([newer.code, /version 2/.test(newer.message)], ['newer-version', true])
    for (const garbage of ['', '\u0000\u0001\u0002', 'version=1\n', 'version=1\ncluster.id=c\nnode.id=x\n']) {
      await world.complete(write(runtime, 'meta.properties', garbage))
      assert.equal((await world.complete(refusal(openOn(runtime)))).code, 'damaged')
    }
  })

  test('partitions without meta.properties are refused: they are somebody else’s', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    await world.complete(madeFolder(runtime, 'closed'))
    await world.complete(runtime.disk.remove(`${path}/meta.properties`))
    assert.equal((await world.complete(refusal(openOn(runtime)))).code, 'no-identity')
  })

  test('the directory id is random, and stays', async () => {
    const { world, machine } = node()
    const first = await world.complete(openOn(machine.runtime))
    await world.complete(first.close())
    const second = await world.complete(openOn(machine.runtime))
    assert.match(first.identity.directoryId, /^[\w-]{22}$/)
    assert.deepEqual({ ...second.identity, madeNow: true }, first.identity)
  })
})

describe('how the folder was left', () => {
  test('after a clean close nothing is doubted, and the broker epoch is told', async () => {
    const { world, machine } = node()
    await world.complete(madeFolder(machine.runtime, 'closed'))
    machine.powerCut()
    const { directory, report } = await world.complete(start(machine.restart()))
    assert.deepEqual([report.clean, report.previousBrokerEpoch, report.suspects], [true, 42, []])
    assert.equal(directory.log(flights)?.logEndOffset, 5)
    assert.deepEqual(directory.log(flights)?.place, {
      ...flights,
      directory: '/data/flights-0',
      recoveryPoint: 5,
      logStartOffset: 0,
      cleanedUpTo: null,
      clean: true,
      asClosed: null,
      powerCut: false,
      syncFailed: false,
    })
  })

  test('after a kill nobody is suspect: the page cache has it all', async () => {
    const { world, machine } = node()
    await world.complete(madeFolder(machine.runtime, 'open'))
    const { directory, report } = await world.complete(start(machine.restart()))
    assert.deepEqual([report.clean, report.sameBoot, report.suspects], [false, true, []])
    assert.equal(directory.log(flights)?.logEndOffset, 5)
  })

  test('after a power cut all are suspect whose topics do not always flush', async () => {
    const { world, machine } = node()
    await world.complete(madeFolder(machine.runtime, 'open'))
    machine.powerCut()
    const { report } = await world.complete(start(machine.restart()))
    assert.deepEqual(reasons(report), ['flights power-cut', 'orders power-cut'])
  })

  test('what was noted of logs at a clean close outlives a kill, and no power cut', async () => {
    const { world, machine } = node()
    await world.complete(madeFolder(machine.runtime, 'closed'))
    const isThere = (runtime: Runtime) => world.complete(runtime.disk.exists(`${path}/trilog-closed-logs.json`))
    const { directory } = await world.complete(start(machine.restart()))
    await world.complete(directory.markDirtyBeforeFirstAppend())
    const killed = machine.restart()
    await world.complete(start(killed))
    assert.equal(await isThere(killed), true)
    machine.powerCut()
    const cut = machine.restart()
    await world.complete(start(cut))
    assert.equal(await isThere(cut), false)
  })

  test('topics that always flush are not suspect after a power cut', async () => {
    const { world, machine } = node()
    await world.complete(madeFolder(machine.runtime, 'open'))
    machine.powerCut()
    assert.deepEqual((await world.complete(start(machine.restart(), true))).report.suspects, [])
  })

  test('a suspicion outlives clean restarts until it is lifted', async () => {
    const { world, machine } = node()
    await world.complete(madeFolder(machine.runtime, 'open'))
    machine.powerCut()
    const second = await world.complete(start(machine.restart()))
    await world.complete(second.directory.close())
    const third = await world.complete(start(machine.restart()))
    assert.deepEqual([third.report.clean, reasons(third.report).length], [true, 2])
    await world.complete(third.directory.liftSuspicion([flights]))
    const fourth = await world.complete(start(machine.restart()))
    assert.deepEqual(reasons(fourth.report), ['orders power-cut'])
  })

  test('a power cut is not forgotten by a start that crashes before it opens the logs', async () => {
    const { world, machine } = node()
    await world.complete(madeFolder(machine.runtime, 'open'))
    machine.powerCut()
    const doubting = await world.complete(openOn(machine.restart()))
    await world.complete(doubting.markDirtyBeforeFirstAppend())
    const { report } = await world.complete(start(machine.restart()))
    assert.equal(report.sameBoot, true)
    assert.deepEqual(reasons(report), ['flights power-cut', 'orders power-cut'])
  })

  test('no clean mark is left when a log fails to close', async () => {
    const { world, machine } = node()
    const directory = await world.complete(madeFolder(machine.runtime, 'open'))
    const log = directory.log(flights) as ByteLog
    log.fault = new DiskFault({ code: 'EIO', path, operation: 'sync' })
    await world.complete(directory.close())
    assert.equal((await world.complete(openOn(machine.restart()))).start.clean, false)
  })

  test('a log that ends below what was fsynced is suspect, even after a clean close', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    await world.complete(madeFolder(runtime, 'closed'))
    const file = await world.complete(runtime.disk.open('/data/flights-0/00000000000000000000.log', 'write'))
    await world.complete(file.truncate(3))
    assert.deepEqual(reasons((await world.complete(start(runtime))).report), ['flights damage'])
  })
})

describe('which replicas it holds', () => {
  test('a deleted partition folder is damage, not a fresh replica', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    await world.complete(madeFolder(runtime, 'closed'))
    await world.complete(runtime.disk.removeTree('/data/orders-3'))
    const { directory, report } = await world.complete(start(runtime))
    assert.deepEqual(report.missingReplicas, [orders])
    assert.deepEqual(reasons(report), ['orders missing'])
    await world.complete(directory.create(orders, (place) => ByteLog.open(runtime, place)))
    assert.equal(directory.suspect(orders)?.reason, 'missing')
    await world.complete(directory.close())
    assert.deepEqual(reasons((await world.complete(start(runtime))).report), ['orders missing'])
  })

  test('a folder of another topic with the same name stays offline', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    await world.complete(madeFolder(runtime, 'closed'))
    await world.complete(write(runtime, 'orders-3/partition.metadata', `version: 0\ntopic_id: ${flights.topicId}`))
    const { directory, report } = await world.complete(start(runtime))
    assert.deepEqual(
      report.offline.map(({ replica }) => replica.topic),
      ['orders'],
    )
    assert.equal(directory.log(flights)?.logEndOffset, 5)
  })

  test('a log that cannot be opened stays offline: suspect on a read error, not for want of room', async () => {
    for (const [code, suspects] of [
      ['EIO', ['flights damage']],
      ['ENOSPC', []],
    ] as const) {
      const { world, machine } = node()
      const { runtime } = machine
      await world.complete(madeFolder(runtime, 'closed'))
      const directory = await world.complete(openOn(runtime))
      const open = async (place: LogPlace) => {
        if (place.topic === 'flights') throw new DiskFault({ code, path: place.directory, operation: 'read' })
        return ByteLog.open(runtime, place)
      }
      const report = await world.complete(directory.openAll({ ...how(runtime), open }))
      assert.deepEqual([report.offline.length, reasons(report)], [1, suspects])
      // Not made anew: its records may still be there.
      await assert.rejects(world.complete(directory.create(flights, open)), { code })
      await world.complete(directory.markDirtyBeforeFirstAppend())
      await world.complete(directory.close())
      assert.equal((await world.complete(openOn(runtime))).start.clean, false)
    }
  })

  test('a log that could not be opened after a power cut is told of it by the start that opens it', async () => {
    const { world, machine } = node()
    await world.complete(madeFolder(machine.runtime, 'open'))
    machine.powerCut()
    const runtime = machine.restart()
    const directory = await world.complete(openOn(runtime))
    const open = async (place: LogPlace) => {
      if (place.topic === 'flights') throw new DiskFault({ code: 'ENOSPC', path: place.directory, operation: 'write' })
      return ByteLog.open(runtime, place)
    }
    await world.complete(directory.openAll({ ...how(runtime), open }))
    await world.complete(directory.markDirtyBeforeFirstAppend())
    machine.crash()
    const later = await world.complete(start(machine.restart()))
    assert.equal(later.report.doubts.powerCut, false)
    assert.deepEqual(reasons(later.report), ['flights power-cut', 'orders power-cut'])
    assert.equal(later.directory.log(flights)?.place.powerCut, true)
    assert.equal(later.directory.log(orders)?.place.powerCut, false)
  })

  test('a log whose fsync has failed is suspect, and the next start is told', async () => {
    const { world, machine } = node()
    const directory = await world.complete(madeFolder(machine.runtime, 'open'))
    await world.complete(directory.syncFailed(flights, 'sync: EIO'))
    machine.crash()
    const later = await world.complete(start(machine.restart()))
    assert.deepEqual(reasons(later.report), ['flights failed-sync'])
    assert.equal(later.directory.log(flights)?.place.syncFailed, true)
    assert.equal(later.directory.log(orders)?.place.syncFailed, false)
  })

  test('too few file handles fail the start: no log is to blame', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    await world.complete(madeFolder(runtime, 'closed'))
    const directory = await world.complete(openOn(runtime))
    const open = async (place: LogPlace): Promise<ByteLog> => {
      throw new DiskFault({ code: 'EMFILE', path: place.directory, operation: 'open' })
    }
    await assert.rejects(world.complete(directory.openAll({ ...how(runtime), open })), { code: 'EMFILE' })
    await world.complete(directory.close())
    assert.deepEqual((await world.complete(start(runtime))).report.suspects, [])
  })

  test('a partition that is not on the list is set aside, an empty one goes', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    await world.complete(madeFolder(runtime, 'closed'))
    for (const name of ['stray-0', 'empty-0']) await world.complete(runtime.disk.makeDirectory(`/data/${name}`))
    await world.complete(write(runtime, 'stray-0/00000000000000000000.log', 'bytes'))
    const { report } = await world.complete(start(runtime))
    assert.equal(report.strays.length, 1)
    assert.match(report.strays[0] as string, /^stray-0\.[0-9a-f]{32}-stray$/)
    assert.equal(await world.complete(runtime.disk.exists('/data/empty-0')), false)
  })

  test('a deleted replica stays deleted, and its files go', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    const directory = await world.complete(madeFolder(runtime, 'open'))
    await world.complete(directory.delete(orders))
    await world.complete(directory.close())
    const names = (await world.complete(runtime.disk.list(path))).map(({ name }) => name)
    assert.deepEqual(
      names.filter((name) => name.startsWith('orders')),
      [],
    )
    const { report } = await world.complete(start(runtime))
    assert.deepEqual([report.missingReplicas, report.suspects], [[], []])
  })

  test('a replica that is set aside is off the list, and its files are kept', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    const directory = await world.complete(madeFolder(runtime, 'open'))
    const aside = await world.complete(directory.setAside(orders))
    await world.complete(directory.close())
    assert.match(aside as string, /^orders-3\.[0-9a-f]{32}-stray$/)
    const { report } = await world.complete(start(runtime))
    assert.deepEqual([report.missingReplicas, report.strays, report.suspects], [[], [], []])
    assert.equal((await world.complete(runtime.disk.readFile(`/data/${aside}/00000000000000000000.log`))).length, 5)
  })

  test('a folder with records that is on no list is not written to', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    const { directory } = await world.complete(start(runtime))
    await world.complete(runtime.disk.makeDirectory('/data/flights-0'))
    await world.complete(write(runtime, 'flights-0/00000000000000000000.log', 'bytes'))
    const made = directory.create(flights, (place) => ByteLog.open(runtime, place))
    assert.equal((await world.complete(refusal(made))).code, 'not-ours')
  })

  test('a deletion that a crash has cut short at any point is finished by the next start', async () => {
    for (let afterMs = 0; afterMs < 20; afterMs += 0.5) {
      const { world, machine } = node()
      const directory = await world.complete(madeFolder(machine.runtime, 'open'))
      directory.delete(orders).catch(() => {})
      await world.run({ untilMs: world.nowMs + afterMs })
      const { report, directory: next } = await world.complete(start(machine.restart()))
      assert.deepEqual([report.missingReplicas, report.suspects, report.strays], [[], [], []])
      await world.complete(next.close())
      const folders = (await world.complete(machine.runtime.disk.list(path))).map(({ name }) => name)
      assert.equal(folders.filter((name) => name.startsWith('orders-')).length, next.log(orders) === null ? 0 : 1)
    }
  })

  test('with the list lost, the image tells which folders are gone', async () => {
    const { world, machine } = node()
    const { runtime } = machine
    await world.complete(madeFolder(runtime, 'closed'))
    await world.complete(runtime.disk.removeTree('/data/orders-3'))
    await world.complete(runtime.disk.remove('/data/trilog-hosted-replicas.json'))
    const directory = await world.complete(openOn(runtime))
    const report = await world.complete(directory.openAll({ ...how(runtime), expected: () => [flights, orders] }))
    assert.deepEqual(reasons(report), ['orders missing'])
    assert.equal(directory.log(flights)?.logEndOffset, 5)
  })
})

describe('damaged files', () => {
  const ownFiles = [
    '.kafka_cleanshutdown',
    'recovery-point-offset-checkpoint',
    'log-start-offset-checkpoint',
    'trilog-hosted-replicas.json',
    'trilog-suspicion.json',
    'trilog-boot.json',
    'flights-0/partition.metadata',
  ]
  for (const name of ownFiles) {
    test(`garbage in ${name} stops no start, and the start after it is well`, async () => {
      const { world, machine } = node()
      await world.complete(madeFolder(machine.runtime, 'closed'))
      for (const garbage of [
        '',
        '\u0000\u0000\u0000\u0000',
        'garbage\ngarbage\n',
        '{"version":1}\n00000000\n',
        '9\n1\nx 0 0\n',
      ]) {
        await world.complete(write(machine.runtime, name, garbage))
        const { directory } = await world.complete(start(machine.runtime))
        assert.equal(directory.log(flights)?.logEndOffset, 5)
        assert.equal(directory.log(flights)?.place.topicId, flights.topicId)
        await world.complete(directory.close())
        const again = await world.complete(start(machine.runtime))
        assert.equal(again.report.clean, true)
        await world.complete(again.directory.close())
      }
    })
  }

  test('with the list of suspects lost, all are suspect', async () => {
    const { world, machine } = node()
    await world.complete(madeFolder(machine.runtime, 'closed'))
    await world.complete(write(machine.runtime, 'trilog-suspicion.json', 'garbage'))
    const { report } = await world.complete(start(machine.runtime, true))
    assert.deepEqual(reasons(report), ['flights damage', 'orders damage'])
  })
})
