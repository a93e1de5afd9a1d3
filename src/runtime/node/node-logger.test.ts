import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openLogger } from './node-logger.ts'

/** What two lines look like in a file, one of a part of the broker and one below the level. */
async function logged(options: { pretty: boolean }): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'trilog-logger-'))
  const path = join(folder, 'log')
  const fd = openSync(path, 'w')
  try {
    const logger = await openLogger({ fd, ...options })
    logger.child({ part: 'log' }).error({ error: new Error('outer', { cause: new Error('inner') }) }, 'it failed')
    logger.debug({}, 'too fine')
    return readFileSync(path, 'utf8')
  } finally {
    closeSync(fd)
    rmSync(folder, { recursive: true, force: true })
  }
}

test('a log line is out when the call returns: JSON with level, time, facts and the whole cause of an error', async () => {
  const lines = (await logged({ pretty: false })).trimEnd().split('\n')
  assert.equal(lines.length, 1)
  const { level, time, part, msg, error } = JSON.parse(lines[0] ?? '')
  assert.deepEqual([level, typeof time, part, msg, error.message], [50, 'number', 'log', 'it failed', 'outer'])
  assert.match(JSON.stringify(error), /inner/)
})

test('on a terminal a log line is for people', async () => {
  const text = await logged({ pretty: true })
  assert.match(text, /^\[\d\d:\d\d:\d\d\.\d{3}\].*ERROR.*: .*it failed/)
  assert.match(text, /part: .*"log"/)
})
