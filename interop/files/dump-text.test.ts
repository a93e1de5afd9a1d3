import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDump } from './dump-text.ts'

const batch = (facts: { valid?: boolean } = {}): string =>
  'baseOffset: 7 lastOffset: 7 count: 1 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: 0 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: 1796053667485 size: 279 magic: 2 compresscodec: none crc: 2467365845 ' +
  `isvalid: ${facts.valid ?? true}`
const record = '| offset: 7 CreateTime: 1796053667471 keySize: -1 valueSize: 100 sequence: -1 headerKeys: [a,b c]'
const segment = '/data/t-0/00000000000000000007.log'
const dumped = (...lines: string[]): string => [`Dumping ${segment}`, 'Log starting offset: 7', ...lines, ''].join('\n')

test('good lines are kept by file, notes about files are not', () => {
  const index = '/data/t-0/00000000000000000007.index'
  const stdout = `Dumping ${index}\n${index} is empty.\n${dumped(batch(), record)}`
  assert.deepEqual(readDump({ stdout, stderr: '' }), {
    files: [
      { path: index, lines: [] },
      { path: segment, lines: [batch(), record] },
    ],
    complaints: [],
  })
})

test('a batch that is not valid, trailing bytes and lines that nobody knows are complaints', () => {
  for (const line of [batch({ valid: false }), 'Found 3 invalid bytes at the end of 7.log', 'what is this']) {
    assert.equal(readDump({ stdout: dumped(line), stderr: '' }).complaints.length, 1, line)
  }
})

test('a line that is good in a file of another kind is a complaint', () => {
  assert.equal(readDump({ stdout: dumped('offset: 7 position: 0'), stderr: '' }).complaints.length, 1)
})

test('all that is said on standard error is a complaint, but for the gap before a segment', () => {
  const gap = (text: string): string => `Non-consecutive offsets in ${segment}\n  ${text}\n`
  const stdout = dumped(batch(), record)
  const complaints = (stderr: string, hasGaps = false, hasEmptyBatches = false) =>
    readDump({ stdout, stderr }, { hasGaps, hasEmptyBatches }).complaints.length
  assert.equal(complaints(gap('-1 is followed by 7')), 0)
  assert.equal(complaints(gap('-1 is followed by 8')), 1)
  assert.equal(complaints(gap('7 is followed by 9')), 1)
  assert.equal(complaints(gap('7 is followed by 9'), true), 0)
  const mismatch = (time: number) =>
    `Found timestamp mismatch in :/data/t-0/7.timeindex\n  Index timestamp: 5, log timestamp: ${time}\n`
  assert.equal(complaints(mismatch(-1), true), 2)
  assert.equal(complaints(mismatch(-1), true, true), 0)
  assert.equal(complaints(mismatch(4), true, true), 1)
  assert.equal(complaints('Mismatches in :/data/t-0/7.index\n  Index offset: 1, log offset: 2\n', true), 2)
})
