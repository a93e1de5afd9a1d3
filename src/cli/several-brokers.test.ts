import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { readConfigFile } from '../config/config-file.ts'
import { type CliFixture, withCli } from './cli-fixture.ts'

interface Described {
  readonly partitions: readonly {
    readonly leader: number
    readonly replicas: readonly number[]
    readonly inSync: readonly number[]
  }[]
}

/** The topic's first partition, once it is as wanted. */
async function partitionWhen(
  cli: CliFixture,
  bootstrap: readonly string[],
  isWanted: (partition: Described['partitions'][number]) => boolean,
): Promise<Described['partitions'][number]> {
  for (;;) {
    const { stdout, code } = await cli.run('topic', 'describe', 't', '--json', ...bootstrap)
    const partition = code === 0 ? (JSON.parse(stdout) as Described).partitions[0] : undefined
    if (partition !== undefined && isWanted(partition)) return partition
  }
}

const settingsOf = async (cli: CliFixture, ...path: string[]) => ({ ...(await readConfigFile(cli.read(...path))) })

describe('a local cluster of several brokers', () => {
  test('three take writes while one is killed, take it back into the in-sync set, and keep all through a stop', () =>
    withCli(async (cli) => {
      const made = await cli.up('--demo')
      assert.equal(made.code, 0, made.stderr)
      const [, first] = await cli.ports()
      const addresses = [0, 1, 2].map((nth) => `127.0.0.1:${Number(first) + nth}`)
      assert.ok(made.stdout.startsWith(`ready kafka=${addresses.join(',')} http=`), made.stdout)
      const bootstrap = ['--bootstrap', addresses.join(',')]

      const listed = (await cli.run('topic', 'list', ...bootstrap)).stdout
      for (const scheme of ['isr', 'majority', 'primary-backup'])
        assert.match(listed, new RegExp(`^demo-${scheme} +3 +3 `, 'm'))
      const groups = (await cli.run('broker-group', 'list', ...bootstrap)).stdout
      assert.match(groups, /^group-3 +3,1 +0/m)
      assert.match(groups, /^majority-2 +2,3,1 +0/m)
      const dealt = ['--groups', '3', '--scheme', 'primary-backup', '--partitions', '3']
      assert.equal((await cli.run('topic', 'create', 'dealt', ...dealt, ...bootstrap)).code, 0)
      const shown = (await cli.run('topic', 'describe', 'dealt', ...bootstrap)).stdout
      assert.match(shown, /^2 +group-3 +3 primary 1, 1 backup/m)
      const refused = await cli.run('broker-group', 'delete', 'group-3', ...bootstrap)
      assert.match(refused.stderr, /broker group 'group-3' is used by topic 'dealt'/)
      assert.match((await cli.run('broker-group', 'describe', 'group-3', ...bootstrap)).stdout, /^dealt +2 +3 +/m)

      assert.equal((await cli.run('topic', 'create', 't', ...bootstrap)).code, 0)
      const produce = (line: string) => cli.runWith(`${line}\n`, 'produce', 't', '--acks', 'all', ...bootstrap)
      assert.equal((await produce('one')).code, 0)
      const before = await partitionWhen(cli, bootstrap, ({ inSync }) => inSync.length === 3)
      assert.deepEqual(new Set(before.replicas), new Set([1, 2, 3]))

      assert.equal((await cli.run('broker', 'kill', `${before.leader}`, '--data', cli.data)).code, 0)
      const produced = await produce('two')
      assert.equal(produced.code, 0, produced.stderr)
      const without = await partitionWhen(cli, bootstrap, ({ inSync }) => inSync.length === 2)
      assert.ok(!without.inSync.includes(before.leader) && without.leader !== before.leader)

      const back = await cli.run('broker', 'start', `${before.leader}`, '--data', cli.data)
      assert.equal(back.code, 0, back.stderr)
      await partitionWhen(cli, bootstrap, ({ inSync }) => inSync.length === 3)

      assert.equal((await cli.down()).code, 0)
      assert.deepEqual(
        [1, 2, 3].map((id) => cli.pidOf(`broker-${id}`).running()),
        [null, null, null],
      )
      const again = await cli.up()
      assert.equal(again.stdout, made.stdout, again.stderr)
      const read = await cli.run('consume', 't', '--from', 'earliest', '--until-end', ...bootstrap)
      assert.equal(read.stdout, 'one\ntwo\n')
    }))

  test('two have a controller beside them, so that one may die', () =>
    withCli(async (cli) => {
      const made = await cli.up('--brokers', '2')
      assert.equal(made.code, 0, made.stderr)
      const controller = await settingsOf(cli, 'controller-1', 'controller.yaml')
      assert.deepEqual(
        [controller['node.id'], controller['process.roles'], controller['default.replication.factor']],
        ['101', 'controller', '2'],
      )
      assert.match(cli.read('controller-1', 'controller.log'), /the controller is ready/)
      const [, first] = await cli.ports()
      const bootstrap = ['--bootstrap', `127.0.0.1:${first},127.0.0.1:${Number(first) + 1}`]
      assert.equal((await cli.run('topic', 'create', 't', ...bootstrap)).code, 0)
      const { leader } = await partitionWhen(cli, bootstrap, ({ inSync }) => inSync.length === 2)
      assert.equal((await cli.run('broker', 'kill', `${leader}`, '--data', cli.data)).code, 0)
      const produced = await cli.runWith('one\n', 'produce', 't', ...bootstrap)
      assert.equal(produced.code, 0, produced.stderr)
      const down = await cli.down()
      assert.match(down.stderr, /Controller 101 stopped\.\n$/)
    }))

  test('controllers of their own have no port for clients, and one of three may die', () =>
    withCli(async (cli) => {
      const made = await cli.up('--controllers', '3')
      assert.equal(made.code, 0, made.stderr)
      const broker = await settingsOf(cli, 'broker-1', 'broker.yaml')
      assert.equal(broker['process.roles'], 'broker')
      const voters = broker['controller.quorum.voters']?.split(',') ?? []
      assert.deepEqual(
        voters.map((voter) => voter.split('@')[0]),
        ['101', '102', '103'],
      )
      assert.match(made.stdout, /^ready kafka=127\.0\.0\.1:\d+ http=http:\/\/127\.0\.0\.1:\d+\n$/)
      const controllers = [1, 2, 3].map((nth) => cli.pidOf(`controller-${nth}`))
      assert.ok(controllers.every((pid) => pid.running() !== null))
      assert.equal((await cli.run('broker', 'kill', '102', '--data', cli.data)).code, 0)
      assert.equal((await cli.run('topic', 'create', 't', ...cli.bootstrap)).code, 0)
      const started = await cli.run('broker', 'start', '102', '--data', cli.data)
      assert.match(started.stdout, /^ready peer=127\.0\.0\.1:\d+\n$/)
      assert.equal((await cli.down()).code, 0)
      assert.ok(controllers.every((pid) => pid.running() === null))
      assert.equal((await cli.up()).code, 0)
    }))

  test('if one cannot start, those that were started are stopped, and it is told why', () =>
    withCli(async (cli) => {
      await cli.up('--brokers', '3')
      await cli.down()
      const config = join(cli.data, 'broker-2', 'broker.yaml')
      writeFileSync(config, `${readFileSync(config, 'utf8')}num.partition: 3\n`)
      const refused = await cli.up()
      assert.deepEqual([refused.code, refused.stdout], [1, ''])
      assert.match(refused.stderr, /unknown setting num\.partition/)
      assert.deepEqual(
        [1, 2, 3].map((id) => cli.pidOf(`broker-${id}`).running()),
        [null, null, null],
      )
    }))

  test('a broker that waits for a majority of the voters can be stopped', () =>
    withCli(async (cli) => {
      await cli.up('--brokers', '3')
      await cli.down()
      const waiting = cli.start('broker', 'start', '1', '--data', cli.data)
      const pid = await new Promise<number>((resolve) => {
        const look = (): void => {
          const running = cli.pid.running()
          if (running === null) setImmediate(look)
          else resolve(running)
        }
        look()
      })
      assert.equal((await cli.run('broker', 'stop', '1', '--data', cli.data)).code, 0)
      await cli.gone(pid)
      assert.equal((await waiting.finished).code, 1)
      assert.match(cli.brokerLog(), /stopped before it was ready/)
    }))

  test('a process that is only a controller refuses the folder of a broker', () =>
    withCli(async (cli) => {
      await cli.up()
      assert.equal((await cli.run('topic', 'create', 't', ...cli.bootstrap)).code, 0)
      await cli.down()
      const config = join(cli.data, 'broker-1', 'broker.yaml')
      writeFileSync(config, readFileSync(config, 'utf8').replace('[broker, controller]', '[controller]'))
      const refused = await cli.up()
      assert.match(refused.stderr, /Controller 1 could not start: .* holds t-0, and a controller has no topics/)
      assert.ok(existsSync(join(cli.data, 'broker-1', 'data', 't-0')))
    }))
})
