import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { withCli } from './cli-fixture.ts'

/** `script` of util-linux gives a program a terminal; that of macOS takes other options. */
const hasTerminal =
  process.platform === 'linux' && spawnSync('script', ['--version'], { encoding: 'utf8' }).status === 0

test(
  'produce shows on a terminal how far a long input is read, and nothing of it elsewhere',
  {
    skip: !hasTerminal && 'there is no script of util-linux to make a terminal with',
  },
  () =>
    withCli(async (cli) => {
      assert.equal((await cli.up()).code, 0)
      assert.equal((await cli.run('topic', 'create', 'long', ...cli.bootstrap)).code, 0)
      const input = join(cli.data, 'input')
      writeFileSync(input, `${'x'.repeat(199)}\n`.repeat(30_000))
      const command = [...cli.program, 'produce', 'long', input, ...cli.bootstrap].map((part) => `'${part}'`).join(' ')
      const shown = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', timeout: 60_000 })
      assert.equal(shown.status, 0, shown.stdout)
      assert.match(shown.stdout, /\d+%\s+\d+ records/)
      const { code, stderr } = await cli.run('produce', 'long', input, ...cli.bootstrap)
      assert.equal(code, 0, stderr)
      assert.doesNotMatch(stderr, /%/)
      await cli.down()
    }),
)
