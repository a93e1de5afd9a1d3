import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { withCli } from './cli-fixture.ts'
import { freePort } from '../runtime/node/free-port.ts'

test('a detached cluster keeps nothing of its caller, survives a kill -9, and goes on with its data', () =>
  withCli(async (cli) => {
    // Resolves only when nobody holds the output any more: the broker runs, and does not.
    const made = await cli.up()
    assert.equal(made.code, 0, made.stderr)
    const [, kafka, , http] = await cli.ports()
    assert.equal(made.stdout, `ready kafka=127.0.0.1:${kafka} http=http://127.0.0.1:${http}\n`)
    const first = cli.pid.running()
    assert.notEqual(first, null)

    assert.equal((await cli.run('topic', 'create', 't', '--config', 'flush.messages=1', ...cli.bootstrap)).code, 0)
    const produced = await cli.runWith('a:1\nb:2\r\nc', 'produce', 't', '--key-separator', ':', ...cli.bootstrap)
    assert.equal(produced.stdout, '3 records are written to t.\n')
    assert.equal((await cli.run('broker', 'kill', '1', '--data', cli.data)).code, 0)
    assert.equal(cli.pid.running(), null)

    const restarted = await cli.run('broker', 'start', '1', '--data', cli.data)
    assert.equal(restarted.stdout, made.stdout)
    const read = ['consume', 't', '--from', 'earliest', '--until-end', '--key-separator', '=', ...cli.bootstrap]
    assert.equal((await cli.run(...read)).stdout, 'a=1\nb=2\nnull=c\n')

    const second = cli.pid.running()
    const again = await cli.run('up', '--data', cli.data)
    assert.deepEqual([again.code, again.stdout], [0, made.stdout])
    assert.equal(cli.pid.running(), second)

    assert.match((await cli.down()).stderr, /Broker 1 stopped\./)
    assert.equal(cli.pid.running(), null)
    assert.match(cli.brokerLog(), /stopped cleanly/)
    assert.match((await cli.down()).stderr, /Broker 1 was not running\./)
  }))

test('Ctrl-C stops a cluster that is not detached, cleanly', () =>
  withCli(async (cli) => {
    const up = cli.start('up', '--data', cli.data, ...(await cli.ports()))
    await up.ready()
    const pid = cli.pid.running()
    assert.notEqual(pid, null)
    up.child.kill('SIGINT')
    const { code } = await up.finished
    assert.equal(code, 0)
    assert.equal(cli.pid.running(), null)
    assert.match(cli.brokerLog(), /stopped cleanly/)
    assert.ok(existsSync(join(cli.data, 'broker-1', 'data', '.kafka_cleanshutdown')))
  }))

test('brokers that are not detached end when their parent is killed with -9', () =>
  withCli(async (cli) => {
    const up = cli.start('up', '--data', cli.data, ...(await cli.ports()))
    await up.ready()
    const pid = cli.pid.running()
    assert.ok(pid !== null)
    up.child.kill('SIGKILL')
    await cli.gone(pid)
    assert.match(cli.brokerLog(), /stopped cleanly/)
  }))

test('a broker that dies under its cluster is told with its log, and ends it', () =>
  withCli(async (cli) => {
    const up = cli.start('up', '--data', cli.data, ...(await cli.ports()))
    await up.ready()
    process.kill(cli.pid.running() as number, 'SIGKILL')
    const { code, stderr } = await up.finished
    assert.equal(code, 1)
    assert.match(stderr, /Broker 1 was killed: see .*broker\.log/)
  }))

test('a cluster goes on with what it was made with, and refuses anything else with the reason', () =>
  withCli(async (cli) => {
    await cli.up()
    await cli.down()
    const [, kafka] = await cli.ports()
    const other = await freePort(new Set())
    const refused = await cli.run('up', '--data', cli.data, '--kafka-port', `${other}`, '--detach')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, new RegExp(`was made with --kafka-port ${kafka}, not ${other}`))
    const same = await cli.run('up', '--data', cli.data, '--kafka-port', `${kafka}`, '--brokers', '1', '--detach')
    assert.equal(same.code, 0, same.stderr)
    const many = await cli.run('up', '--data', cli.data, '--brokers', '3')
    assert.deepEqual([many.code, many.stdout], [1, ''])
    assert.match(many.stderr, /was made with --brokers 1, not 3/)
    assert.equal((await cli.run('up', '--data', cli.data, '--brokers', '21')).code, 2)
  }))

test('a port that was given and is taken is refused, and leaves nothing behind', () =>
  withCli(async (cli) => {
    const [, kafka] = await cli.ports()
    const server = createServer().listen(Number(kafka), '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const refused = await cli.up()
    server.close()
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, new RegExp(`Port ${kafka} \\(the Kafka port of broker 1\\) is taken`))
    assert.ok(!existsSync(join(cli.data, 'cluster.yaml')))
  }))

test('somebody else’s process is neither taken for the broker nor stopped', () =>
  withCli(async (cli) => {
    await cli.up()
    await cli.down()
    const file = join(cli.data, 'broker-1', 'pid')
    writeFileSync(file, `${process.pid}\n`)
    writeFileSync(`${file}.started`, `${process.pid} 1 another-start\n`)
    const down = await cli.down()
    assert.deepEqual([down.code, down.stderr], [0, 'Broker 1 was not running.\n'])
    assert.match((await cli.run('broker', 'kill', '1', '--data', cli.data)).stderr, /was not running/)
    assert.equal((await cli.up()).code, 0)
    assert.notEqual(cli.pid.running(), process.pid)
  }))

test('a broker that cannot start says why, and up fails with it', () =>
  withCli(async (cli) => {
    await cli.up()
    await cli.down()
    const config = join(cli.data, 'broker-1', 'broker.yaml')
    writeFileSync(config, `${readFileSync(config, 'utf8')}num.partition: 3\n`)
    const refused = await cli.up()
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /unknown setting num\.partition; did you mean num\.partitions\?/)
  }))

test('a folder that is not a cluster’s is left alone', () =>
  withCli(async (cli) => {
    writeFileSync(join(cli.data, 'letters.txt'), 'dear')
    const refused = await cli.up()
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /was not made by trilog up, and is not empty \(letters\.txt\)/)
    assert.match((await cli.run('down', '--data', join(cli.data, 'none'))).stderr, /holds no cluster/)
    rmSync(join(cli.data, 'letters.txt'))
  }))

test('one broker runs from a file, says when it is ready, and stops on SIGTERM', () =>
  withCli(async (cli) => {
    const config = join(cli.data, 'one.yaml')
    writeFileSync(config, 'listeners: PLAINTEXT://127.0.0.1:0\nhttp.port: -1\nlog.dirs: here\n')
    const run = cli.start('broker', 'run', '--config', config)
    assert.match(await run.ready(), /^ready kafka=127\.0\.0\.1:\d+$/)
    assert.ok(existsSync(join(cli.data, 'here', 'meta.properties')))
    run.child.kill('SIGTERM')
    const { code, stderr } = await run.finished
    assert.equal(code, 0)
    assert.ok(
      stderr.split('\n').every((line) => line === '' || line.startsWith('{')),
      'logs are JSON off a terminal',
    )
  }))

test('beyond this machine a broker starts only when that is meant', () =>
  withCli(async (cli) => {
    const config = join(cli.data, 'open.yaml')
    const where = 'listeners: PLAINTEXT://0.0.0.0:0\nadvertised.listeners: PLAINTEXT://127.0.0.1:9\n'
    writeFileSync(config, `${where}http.port: -1\nlog.dirs: data\n`)
    const refused = await cli.run('broker', 'run', '--config', config)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /without encryption or login: anyone who reaches it .* --insecure-listen/)
    const meant = cli.start('broker', 'run', '--config', config, '--insecure-listen')
    await meant.ready()
    meant.child.kill('SIGTERM')
    assert.equal((await meant.finished).code, 0)
  }))
