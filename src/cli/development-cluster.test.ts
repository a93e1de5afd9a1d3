import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfigFile } from '../config/config-file.ts'
import { decodeMetaProperties } from '../log/meta-properties.ts'
import { withCli } from './cli-fixture.ts'

test('a cluster for development has Kafka’s defaults, but for groups that start at once, tells how it is, and stops when told to', () =>
  withCli(async (cli) => {
    assert.equal((await cli.up()).code, 0)
    const [, kafka, , http] = await cli.ports()
    const {
      'cluster.id': cluster,
      'peer.listener': peer,
      'controller.quorum.voters': voters,
      ...settings
    } = await readConfigFile(cli.read('broker-1', 'broker.yaml'))
    assert.deepEqual(settings, {
      'node.id': '1',
      'process.roles': 'broker,controller',
      listeners: `PLAINTEXT://127.0.0.1:${kafka}`,
      'http.port': http,
      'log.dirs': 'data',
      'broker.groups': 'group-1:1',
      'default.replication.factor': '1',
      'offsets.topic.replication.factor': '1',
      'group.initial.rebalance.delay.ms': '0',
    })
    const { clusterId, directoryId } = decodeMetaProperties(
      Buffer.from(cli.read('broker-1', 'data', 'meta.properties')),
      'data',
    )
    assert.deepEqual([cluster, voters], [clusterId, `1@${peer}:${directoryId}`])
    const health = await fetch(`http://127.0.0.1:${http}/health`)
    assert.deepEqual(
      [health.status, await health.json()],
      [200, { status: 'ok', live: true, ready: true, reasons: [] }],
    )
    const metrics = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text()
    assert.match(metrics, /^process_cpu_seconds_total \d/m)
    assert.match(metrics, /^# TYPE trilog_\w+ counter$/m)
    const stopped = await cli.run('broker', 'stop', '1', '--data', cli.data)
    assert.deepEqual([stopped.code, cli.pid.running()], [0, null])
    assert.match(cli.brokerLog(), /stopped cleanly/)
  }))
