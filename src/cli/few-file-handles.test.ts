import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileHandleLimit } from '../runtime/node/file-handle-limit.ts'
import { withCli } from './cli-fixture.ts'

const unlimited = fileHandleLimit() === null

test(
  'a start says when the system allows fewer open files than the settings may need, and goes on',
  { skip: unlimited },
  () =>
    withCli(async (cli) => {
      const config = join(cli.data, 'many.yaml')
      const many = 'max.connections: 2147483647\n'
      writeFileSync(config, `listeners: PLAINTEXT://127.0.0.1:0\nhttp.port: -1\nlog.dirs: data\n${many}`)
      const run = cli.start('broker', 'run', '--config', config)
      await run.ready()
      run.child.kill('SIGTERM')
      const { code, stderr } = await run.finished
      assert.equal(code, 0)
      const said = stderr.split('\n').filter((line) => line.includes('the system allows fewer open files'))
      assert.equal(said.length, 1, stderr)
      assert.equal(JSON.parse(said[0] ?? '')['max.connections'], 2147483647)
    }),
)
