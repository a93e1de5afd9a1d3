import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startHttp } from '../http/http-server.ts'
import { folderWithReceipts } from '../receipt/receipts-fixture.ts'
import { type CliFixture, withCli } from './cli-fixture.ts'

async function withFolder(
  run: (cli: CliFixture, at: { folder: string; id: string; file: (name: string) => string }) => Promise<void>,
): Promise<void> {
  const { cuts, files } = await folderWithReceipts()
  await withCli(async (cli) => {
    const folder = join(cli.data, 'logs')
    mkdirSync(folder)
    for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes)
    await run(cli, { folder, id: cuts.receipts.list()[0]?.id ?? '', file: (name) => join(cli.data, name) })
  })
}

test('receipts of a stopped broker are listed and shown, and what is kept is saved so that it can be produced again', () =>
  withFolder(async (cli, { folder, id, file }) => {
    const listed = await cli.run('receipts', 'list', '--folder', folder)
    assert.equal(listed.code, 0, listed.stderr)
    assert.match(listed.stdout, /words:0 +3 +cut +2 +4 +2 +yes +below-watermark, maybe-acknowledged/)
    assert.match(listed.stdout, /other:1 +3 +bounds +7 +12, open +- +no +unknown/)
    const filtered = await cli.run('receipts', 'list', '--folder', folder, '--topic', 'other', '--json')
    assert.equal(JSON.parse(filtered.stdout).length, 1)
    const shown = await cli.run('receipts', 'show', id.slice(0, 8), '--folder', folder)
    assert.match(shown.stdout, /2 to 3: below the watermark: committed/)
    assert.match(
      shown.stdout,
      /3 to 4: above the watermark: nothing acknowledged by all; maybe acknowledged with acks=1/,
    )
    assert.match(shown.stdout, /Kept {7}all, \d+ bytes, in 00000000000000000002\.\S+\.log/)
    const saved = await cli.run('receipts', 'save', id, file('cut.jsonl'), '--folder', folder)
    assert.match(saved.stdout, /^2 records are in .*cut\.jsonl\.$/m)
    const lines = readFileSync(file('cut.jsonl'), 'utf8').trimEnd().split('\n')
    const seen = lines.map((line) => JSON.parse(line)).map(({ topic, offset, value }) => `${topic} ${offset} ${value}`)
    assert.deepEqual(seen, ['words 2 three', 'words 3 four'])
    const again = await cli.run('receipts', 'save', id, file('cut.jsonl'), '--folder', folder)
    assert.deepEqual([again.code, /is there already/.test(again.stderr)], [2, true])
  }))

test('of bounds nothing can be saved, and what is not there is said to be', () =>
  withFolder(async (cli, { folder, file }) => {
    const { stdout } = await cli.run('receipts', 'list', '--topic', 'other', '--folder', folder, '--json')
    const [{ id }] = JSON.parse(stdout)
    const saved = await cli.run('receipts', 'save', id, file('x'), '--folder', folder)
    assert.deepEqual([saved.code, /the bytes are gone with a disk/.test(saved.stderr)], [1, true])
    const unknown = await cli.run('receipts', 'show', 'nosuch', '--folder', folder)
    assert.deepEqual([unknown.code, /There is no receipt nosuch/.test(unknown.stderr)], [1, true])
  }))

test('a running broker is asked over HTTP, and gives the batches as they were: `log dump` reads them', async () => {
  const { cuts, files } = await folderWithReceipts()
  const [receipt] = cuts.receipts.list()
  const kept = files.get(receipt?.cut?.kept?.file ?? '') ?? assert.fail()
  const server = await startHttp({
    ...{
      host: '127.0.0.1',
      port: 0,
      metricsText: async () => '',
      health: () => ({ status: 'ok', reasons: [] }) as const,
    },
    receipts: {
      ...cuts.served(),
      async *read() {
        yield kept.subarray(0, 70)
        yield kept.subarray(70)
      },
    },
  })
  try {
    await withCli(async (cli) => {
      const http = ['--http', `http://127.0.0.1:${server.port}`]
      const { stdout } = await cli.run('receipts', 'list', '--json', ...http)
      assert.deepEqual(JSON.parse(stdout), cuts.receipts.list())
      const path = join(cli.data, '00000000000000000002.log')
      const saved = await cli.run('receipts', 'save', receipt?.id ?? '', path, '--format', 'batches', ...http)
      assert.equal(saved.code, 0, saved.stderr)
      assert.deepEqual(readFileSync(path), kept)
      const dumped = await cli.run('log', 'dump', path, '--records')
      assert.equal(dumped.code, 0, dumped.stderr)
      assert.match(dumped.stdout, /three[^]*four/)
      const lines = await cli.run('receipts', 'save', receipt?.id ?? '', join(cli.data, 'cut.jsonl'), ...http)
      assert.match(lines.stdout, /^2 records/)
    })
  } finally {
    await server.close()
  }
})

test('of a cluster the running brokers are asked, and the folders of stopped ones read', () =>
  withCli(async (cli) => {
    assert.equal((await cli.up()).code, 0)
    const listed = await cli.run('receipts', 'list', '--data', cli.data)
    assert.match(listed.stdout, /There are no receipts/, listed.stderr)
    await cli.down()
    const stopped = await cli.run('receipts', 'list', '--data', cli.data)
    assert.match(stopped.stdout, /There are no receipts/, stopped.stderr)
  }))
