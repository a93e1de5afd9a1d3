import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type CliFixture, withCli } from './cli-fixture.ts'

async function withCluster(run: (cli: CliFixture) => Promise<void>): Promise<void> {
  await withCli(async (cli) => {
    const { code, stderr } = await cli.up()
    assert.equal(code, 0, stderr)
    await run(cli)
    await cli.down()
  })
}

/** What a command printed as JSON; it must have succeeded. */
async function json(cli: CliFixture, ...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await cli.run(...args, '--json', ...cli.bootstrap)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

test('wrong usage ends with code 2, and says what is right', () =>
  withCli(async (cli) => {
    for (const [args, says] of [
      [['dwn'], /unknown command 'dwn'/],
      [['up', '--kafka-port', '99999'], /A port is at most 65535/],
      [['broker', 'stop', 'x'], /whole number from 1 on/],
      [['broker', 'run'], /required option '--config <file>'/],
      [['topic', 'create', 't', '--config', 'x'], /NAME=VALUE/],
      [['topic', 'list', '--bootstrap', 'a:b:c'], /HOST:PORT/],
      [['consume', 't', '--group', 'g', '--partition', '1'], /gives its members their partitions/],
      [['consume', 't', '--format', 'csv'], /Allowed choices are value, full/],
    ] as const) {
      const { code, stderr } = await cli.run(...args)
      assert.equal(code, 2, args.join(' '))
      assert.match(stderr, says)
    }
  }))

test('every command has help with an example', () =>
  withCli(async (cli) => {
    const groups = {
      '': ['up', 'down', 'produce', 'consume'],
      broker: ['run', 'start', 'stop', 'kill'],
      topic: ['create', 'list', 'describe', 'alter', 'elect', 'delete'],
      group: ['list', 'describe', 'reset', 'delete'],
      log: ['dump', 'import'],
      receipts: ['list', 'show', 'save'],
    }
    for (const [group, names] of Object.entries(groups)) {
      for (const name of names) {
        const command = group === '' ? [name] : [group, name]
        const { code, stdout } = await cli.run(...command, '--help')
        assert.equal(code, 0)
        assert.match(stdout, new RegExp(`Examples?:\\n  \\$ .*trilog ${command.join(' ')}`), command.join(' '))
      }
    }
  }))

test('a broker that is not there is told in one sentence', () =>
  withCli(async (cli) => {
    const { code, stdout, stderr } = await cli.run('topic', 'list', '--bootstrap', '127.0.0.1:1')
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^trilog: no broker at 127\.0\.0\.1:1 .*\n$/)
  }))

test('topics are made, listed, shown, changed and deleted', () =>
  withCluster(async (cli) => {
    const created = await json(cli, 'topic', 'create', 't', '--partitions', '2', '--config', 'retention.ms=5000')
    assert.deepEqual(created, { name: 't', created: true })
    assert.equal((await cli.run('topic', 'create', 't', ...cli.bootstrap)).code, 1)
    assert.deepEqual(await json(cli, 'topic', 'create', 't', '--if-not-exists'), { name: 't', created: false })
    const listed = (await json(cli, 'topic', 'list')) as { name: string; partitions: number }[]
    assert.deepEqual(
      listed.map(({ name, partitions }) => [name, partitions]),
      [['t', 2]],
    )
    await json(
      cli,
      'topic',
      'alter',
      't',
      '--partitions',
      '3',
      '--config',
      'segment.ms=7000',
      '--delete-config',
      'retention.ms',
    )
    const told = (await json(cli, 'topic', 'describe', 't')) as { partitions: object[]; configs: object[] }
    assert.equal(told.partitions.length, 3)
    assert.deepEqual(told.configs, [{ name: 'segment.ms', value: '7000', source: 'topic' }])
    const shown = await cli.run('topic', 'describe', 't', ...cli.bootstrap)
    assert.match(shown.stdout, /PARTITION +LEADER +EPOCH[\s\S]*segment\.ms +7000 +topic/)
    const elected = (await json(cli, 'topic', 'elect', 't', '--partition', '1')) as { outcome: string }[]
    assert.deepEqual(
      elected.map(({ outcome }) => outcome),
      ['not needed'],
    )
    assert.match((await cli.run('topic', 'elect', ...cli.bootstrap)).stdout, /^All partitions are led by/)
    const stranger = await cli.run('topic', 'elect', 't', '--partition', '9', ...cli.bootstrap)
    assert.deepEqual([stranger.code, stranger.stderr], [1, 'trilog: 1 of 1 elections were refused.\n'])
    assert.match(stranger.stdout, /t +9 +refused +.*UNKNOWN_TOPIC_OR_PARTITION/)
    const nothing = await cli.run('topic', 'alter', 't', ...cli.bootstrap)
    assert.deepEqual([nothing.code, nothing.stdout], [2, ''])
    assert.deepEqual(await json(cli, 'topic', 'delete', 't'), { name: 't', deleted: true })
    const gone = await cli.run('topic', 'describe', 't', ...cli.bootstrap)
    assert.deepEqual([gone.code, gone.stderr], [1, 'trilog: There is no topic t.\n'])
  }))

test('records go in by lines and files, come out in every form, and a group goes on where it was', () =>
  withCluster(async (cli) => {
    await json(cli, 'topic', 'create', 't', '--partitions', '1')
    const file = join(cli.data, 'lines.txt')
    writeFileSync(file, 'one\ntwo\n')
    const byFile = (await json(cli, 'produce', 't', file, '--compression', 'gzip', '--header', 'a=b')) as {
      records: number
    }
    assert.equal(byFile.records, 2)
    const line = '{"key":"k","value":{"base64":"/w=="},"headers":[{"key":"h","value":null}],"timestamp":5}\n'
    assert.equal((await cli.runWith(line, 'produce', 't', '--format', 'json', ...cli.bootstrap)).code, 0)
    const bad = await cli.runWith('{\n', 'produce', 't', '--format', 'json', ...cli.bootstrap)
    assert.deepEqual([bad.code, bad.stderr], [1, 'trilog: Line 1 of the input is no JSON.\n'])
    const all = ['consume', 't', '--from', 'earliest', '--until-end', ...cli.bootstrap]
    const told = (await cli.run(...all, '--json')).stdout.trimEnd().split('\n')
    const records = told.map((one) => JSON.parse(one) as { offset: number; value: unknown; headers: unknown })
    assert.deepEqual(records[0]?.headers, [{ key: 'a', value: 'b' }])
    assert.deepEqual(records[2]?.value, { base64: '/w==' })
    assert.match(
      (await cli.run(...all, '--format', 'full')).stdout,
      /^0@2 {2}1970-01-01T00:00:00\.005Z {2}k {2}0xff {2}\[h=\(none\)\]$/m,
    )
    const group = ['consume', 't', '--group', 'g', '--from', 'earliest', ...cli.bootstrap]
    assert.equal((await cli.run(...group, '--max', '2')).stdout, 'one\ntwo\n')
    assert.equal((await cli.run(...group, '--max', '1', '--json')).stdout.includes('"offset":2'), true)
    const standing = (await json(cli, 'group', 'describe', 'g')) as { state: string; offsets: object[] }
    assert.equal(standing.state, 'Empty')
    assert.deepEqual(standing.offsets, [{ topic: 't', partition: 0, offset: 3, end: 3, lag: 0, member: null }])
    await json(cli, 'group', 'reset', 'g', '--topic', 't:0', '--to', '1')
    assert.equal((await cli.run(...group, '--max', '1')).stdout, 'two\n')
    assert.match((await cli.run('group', 'list', ...cli.bootstrap)).stdout, /^g +Empty +consumer/m)
    assert.deepEqual(await json(cli, 'group', 'delete', 'g'), { group: 'g', deleted: true })
    assert.equal((await cli.run('group', 'describe', 'g', ...cli.bootstrap)).stderr, 'trilog: There is no group g.\n')
  }))

test('a dump shows what the files hold, and damage ends it with code 3', () =>
  withCluster(async (cli) => {
    await json(cli, 'topic', 'create', 't', '--partitions', '1')
    await cli.runWith('a:1\nb:2\n', 'produce', 't', '--key-separator', ':', ...cli.bootstrap)
    await cli.run('consume', 't', '--group', 'g', '--from', 'earliest', '--max', '2', ...cli.bootstrap)
    await cli.down()
    const data = join(cli.data, 'broker-1', 'data')
    const folder = await cli.run('log', 'dump', join(data, 't-0'))
    assert.equal(folder.code, 0, folder.stderr)
    for (const words of [
      /offsets 0 to 1 {2}2 records/,
      /producer \d+\/0 {2}sequence 1/,
      /epoch 0 {2}from offset 0/,
      /topic_id: /,
    ]) {
      assert.match(folder.stdout, words)
    }
    const segment = join(data, 't-0', '00000000000000000000.log')
    const dumped = (await cli.run('log', 'dump', segment, '--records', '--json')).stdout.trimEnd().split('\n')
    const values = dumped.map((line) => JSON.parse(line) as { value?: string; crcHolds?: boolean })
    assert.deepEqual(
      values.map(({ value, crcHolds }) => value ?? crcHolds),
      [true, '1', '2'],
    )
    const [batch, record] = dumped.map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual([batch?.['magic'], batch?.['lastSequence'], batch?.['deleteHorizonMs']], [2, 1, null])
    assert.deepEqual([record?.['sequence'], record?.['keySize'], record?.['valueSize']], [0, 1, 1])
    const metadata = join(data, '__cluster_metadata-0', '00000000000000000000.log')
    assert.match((await cli.run('log', 'dump', metadata, '--records')).stdout, /"name":"t",.*"type":"topic"/)
    const offsets = readdirSync(data).filter((name) => name.startsWith('__consumer_offsets-'))
    const segmentOf = (name: string) => join(data, name, '00000000000000000000.log')
    const written = offsets.find((name) => readFileSync(segmentOf(name)).length > 0) as string
    const commits = await cli.run('log', 'dump', segmentOf(written), '--records')
    assert.match(commits.stdout, /"type":"offset","groupId":"g","topic":"t","partition":0/)
    const checkpoint = await cli.run('log', 'dump', join(data, 'recovery-point-offset-checkpoint'))
    assert.match(checkpoint.stdout, /^ {2}t-0 {2}2$/m)
    const bytes = readFileSync(segment)
    bytes.writeUInt8((bytes.at(-1) as number) ^ 1, bytes.length - 1)
    writeFileSync(segment, bytes)
    const damaged = await cli.run('log', 'dump', segment)
    assert.equal(damaged.code, 3)
    assert.match(damaged.stdout, /DAMAGED: the CRC of the batch at byte 0 does not hold/)
    writeFileSync(segment, bytes.subarray(0, 30))
    assert.equal((await cli.run('log', 'dump', segment)).code, 3)
    assert.equal((await cli.run('log', 'dump', join(data, 'nothing'))).code, 1)
  }))
