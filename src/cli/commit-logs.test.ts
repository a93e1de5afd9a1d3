import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CliFixture, withCli } from './cli-fixture.ts'

const unit = ['--config', 'replication.unit=broker']

interface Cluster {
  readonly topic: (...args: readonly string[]) => Promise<string>
  /** What it is refused with. */
  readonly refused: (...args: readonly string[]) => Promise<string>
}

function clusterOf(cli: CliFixture, bootstrap: readonly string[]): Cluster {
  return {
    topic: async (...args) => {
      const { code, stdout, stderr } = await cli.run('topic', ...args, ...bootstrap)
      assert.equal(code, 0, stderr)
      return stdout
    },
    refused: async (...args) => {
      const { code, stdout, stderr } = await cli.run('topic', ...args, ...bootstrap)
      assert.deepEqual([code, stdout], [1, ''])
      return stderr
    },
  }
}

/** Three brokers, and how to reach them. */
async function withThree(run: (cli: CliFixture, bootstrap: readonly string[]) => Promise<void>): Promise<void> {
  await withCli(async (cli) => {
    const made = await cli.up('--brokers', '3')
    assert.equal(made.code, 0, made.stderr)
    const [, first] = await cli.ports()
    await run(cli, ['--bootstrap', [0, 1, 2].map((nth) => `127.0.0.1:${Number(first) + nth}`).join(',')])
  })
}

describe('a topic with replication.unit=broker', () => {
  test('keeps its records in the commit logs of broker groups, through a kill of the leader, and is shown with them', () =>
    withThree(async (cli, bootstrap) => {
      const { topic } = clusterOf(cli, bootstrap)
      const shape = ['--scheme', 'majority', '--groups', 'majority-1,majority-2', '--partitions', '4']
      await topic('create', 't', ...shape, ...unit)
      const keyed = (from: number): string =>
        Array.from({ length: 20 }, (_, nth) => `key ${nth % 5}:value ${from + nth}\n`).join('')
      const produce = async (lines: string): Promise<void> => {
        const { code, stderr } = await cli.runWith(lines, 'produce', 't', '--key-separator', ':', ...bootstrap)
        assert.equal(code, 0, stderr)
      }
      await produce(keyed(100))
      const shown = await topic('describe', 't')
      assert.match(shown, /^2 +majority-1, queue 1 /m)
      const led = /led by (\d), epoch \d/.exec((await cli.run('cluster', 'describe', ...bootstrap)).stdout)?.[1]
      assert.equal((await cli.run('broker', 'kill', `${led}`, '--data', cli.data)).code, 0)
      await produce(keyed(200))
      assert.equal((await cli.run('broker', 'start', `${led}`, '--data', cli.data)).code, 0)

      const all = ['--from', 'earliest', '--until-end', '--key-separator', ':']
      const read = await cli.run('consume', 't', ...all, ...bootstrap)
      const ofKey = (key: number, lines: string): string[] =>
        lines.split('\n').filter((line) => line.startsWith(`key ${key}:`))
      const sent = keyed(100) + keyed(200)
      for (let key = 0; key < 5; key++) assert.deepEqual(ofKey(key, read.stdout), ofKey(key, sent), read.stderr)

      assert.match(await topic('describe', '__commit_log.majority-1'), /replicated by majority/)
      assert.doesNotMatch(await topic('list'), /__commit_log/)
    }))

  test('is refused with the reason where a commit log cannot do what it asks for', () =>
    withThree(async (cli, bootstrap) => {
      const { topic, refused } = clusterOf(cli, bootstrap)
      const majority = ['--scheme', 'majority', ...unit]
      const isr = ['--scheme', 'isr', '--groups', 'majority-1']
      assert.match(await refused('create', 't', ...isr, ...unit), /an in-sync set is that of one partition/)
      assert.match(await refused('create', 't', ...majority), /and none are named/)
      const compacted = ['--groups', 'majority-1', '--config', 'cleanup.policy=compact']
      assert.match(await refused('create', 't', ...majority, ...compacted), /is not compacted \(cleanup\.policy\)/)
      await topic('create', 't', ...majority, '--groups', 'majority-1', '--config', 'retention.ms=3600000')
      const shorter = ['--groups', 'majority-1', '--config', 'retention.ms=1000']
      assert.match(
        await refused('create', 'other', ...majority, ...shorter),
        /retention\.ms=1000: .* one commit log, and it is 3600000 there; that is set for __commit_log\.majority-1/,
      )
      const backups = ['--scheme', 'primary-backup', '--groups', 'majority-1']
      assert.match(await refused('create', 'other', ...backups, ...unit), /it is majority there/)
      assert.match(await refused('alter', 't', '--config', 'retention.ms=1000'), /__commit_log\.majority-1/)
      await topic('alter', '__commit_log.majority-1', '--config', 'retention.ms=1000')
      assert.match(await topic('describe', '__commit_log.majority-1'), /retention\.ms +1000/)
      assert.match(await refused('create', '__commit_log.group-1'), /cannot be made/)
      assert.match(await refused('delete', '__commit_log.majority-1'), /\S/)
    }))
})
