import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfigFile } from '../config/config-file.ts'
import { withCli } from './cli-fixture.ts'

test('a cluster for development has Kafka’s defaults, but for groups that start at once, tells how it is, and stops when told to', () =>
  withCli(async (cli) => {
    assert.equal((await cli.up()).code, 0)
    const [, kafka, , http] = await cli.ports()
    const file = readFileSync(join(cli.data, 'broker-1', 'broker.yaml'), 'utf8')
    const settings = { listeners: `PLAINTEXT://127.0.0.1:${kafka}`, 'http.port': http, 'log.dirs': 'data' }
    assert.deepEqual(
      { ...(await readConfigFile(file)) },
      { 'node.id': '1', ...settings, 'group.initial.rebalance.delay.ms': '0' },
    )
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
