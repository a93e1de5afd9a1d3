import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { kafkaPartitionFiles } from '../server/kafka-transactions-fixture.ts'
import { withCli } from './cli-fixture.ts'

/** A folder of Kafka's with `words-0`, in which a transaction is open. */
async function withKafkasFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'log-import-'))
  try {
    writeFileSync(join(folder, '.kafka_cleanshutdown'), '{"version":0,"brokerEpoch":9}')
    mkdirSync(join(folder, 'words-0'))
    for (const [name, content] of Object.entries(kafkaPartitionFiles)) {
      writeFileSync(join(folder, 'words-0', name), Buffer.from(content, 'base64'))
    }
    await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('topics are imported while the broker is stopped, and read when it runs', () =>
  withKafkasFolder((folder) =>
    withCli(async (cli) => {
      const importing = (...more: string[]) => cli.run('log', 'import', folder, '--data', cli.data, ...more)
      assert.match((await importing()).stderr, /holds no cluster; `trilog up --data DIR` makes one/)
      await cli.up()
      assert.match((await importing()).stderr, /in use by another broker/)
      await cli.down()
      const open = await importing()
      assert.deepEqual([open.code, open.stdout], [1, ''])
      assert.match(open.stderr, /^trilog: Nothing was imported: .*words-0 has a transaction of producer 2 open since/)
      const dry = await importing('--dry-run')
      assert.equal(dry.code, 0, dry.stderr)
      assert.match(
        dry.stdout,
        /^words: its settings are not known here; it keeps all records.*\nNothing was changed\.\n$/m,
      )
      const done = await importing('--unclean', '--json')
      assert.equal(done.code, 0, done.stderr)
      const { topics } = JSON.parse(done.stdout) as { topics: { name: string; partitions: object[] }[] }
      assert.equal(topics[0]?.name, 'words')
      const facts = { partition: 0, from: 0, to: 11, bytes: 848, lastEpoch: 0, cutBytes: 0, openSince: 8 }
      assert.deepEqual(topics[0]?.partitions, [facts])
      await cli.up()
      const read = await cli.run('consume', 'words', '--from', 'earliest', '--until-end', ...cli.bootstrap)
      assert.equal(read.stdout.trimEnd().split('\n').length, 9)
    }),
  ))
