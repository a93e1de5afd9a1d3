import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkHistory } from './check-history.ts'
import type { History, HistoryEvent, ReadRecord, ViolationCode } from './history.ts'

const sent = (send: number, producer: string, partition: string, values: string[]): HistoryEvent => ({
  type: 'sent',
  send,
  producer,
  partition,
  values,
  acks: -1,
})
const acknowledged = (send: number, baseOffset: number, era = 0): HistoryEvent => ({
  type: 'acknowledged',
  send,
  baseOffset,
  era,
  eraThrough: era,
})
const powerCut: HistoryEvent = { type: 'fault', fault: 'power-cut' }
const crash: HistoryEvent = { type: 'fault', fault: 'crash' }
const stopped: HistoryEvent = { type: 'stopped' }
const log = (...values: string[]): ReadRecord[] => values.map((value, offset) => ({ offset, value }))
const read = (from: number, records: ReadRecord[], era = 0): HistoryEvent => ({
  type: 'read',
  partition: 'cached',
  from,
  records,
  era,
  eraThrough: era,
})

/** Partition `synced` has flush.messages=1, `cached` has not; producer `once` is idempotent, `plain` is not. */
function codes(
  events: HistoryEvent[],
  finalLogs: Record<string, ReadRecord[]>,
  receipts: Map<string, number> | null = null,
): ViolationCode[] {
  const history: History = {
    events,
    flushedPartitions: new Set(['synced']),
    idempotentProducers: new Set(['once']),
    finalLogs: new Map(Object.entries(finalLogs)),
    finalTopics: new Set(['there']),
    cleaned: new Map([
      ['compacted', 'compact'],
      ['aged', 'age'],
    ]),
    receipts,
  }
  return [...new Set(checkHistory(history).map((violation) => violation.code))]
}

const two = (partition: string, era = 0) => [
  sent(1, 'plain', partition, ['a', 'b']),
  acknowledged(1, 0, era),
  sent(2, 'plain', partition, ['c']),
  acknowledged(2, 2, era),
]

for (const [what, events, finalLogs, expected] of [
  ['an acknowledged record is lost in a crash', [...two('cached'), crash], { cached: log('a', 'b') }, ['lost']],
  ['an acknowledged record is lost without a fault', two('cached'), { cached: log('a', 'b') }, ['lost']],
  ['all is lost', [...two('cached'), crash], { cached: [] }, ['lost']],
  ['a synced record is lost in a power cut', [...two('synced'), powerCut], { synced: log('a', 'b') }, ['lost']],
  ['what a clean stop synced is lost', [...two('cached'), stopped, powerCut], { cached: log('a', 'b') }, ['lost']],
  [
    'what was acknowledged after the power cut is lost',
    [powerCut, ...two('cached', 1)],
    { cached: log('a', 'b') },
    ['lost'],
  ],
  [
    'a power cut takes from the middle',
    [...two('cached'), powerCut],
    { cached: [{ offset: 2, value: 'c' }] },
    ['lost', 'lost from the middle'],
  ],
  [
    'a record that was read is lost',
    [...two('cached'), read(2, [{ offset: 2, value: 'c' }])],
    { cached: log('a', 'b') },
    ['lost'],
  ],
  [
    'two batches have changed places',
    [sent(1, 'plain', 'cached', ['a']), acknowledged(1, 1), sent(2, 'plain', 'cached', ['b']), acknowledged(2, 0)],
    { cached: log('b', 'a') },
    ['reordered'],
  ],
  [
    'batches of an idempotent producer have changed places, though nobody heard of the first',
    [sent(1, 'once', 'cached', ['a']), sent(2, 'once', 'cached', ['b'])],
    { cached: log('b', 'a') },
    ['reordered'],
  ],
  [
    'a retry of an idempotent producer is stored again',
    [sent(1, 'once', 'cached', ['a']), { type: 'sent-again', send: 1 }, acknowledged(1, 1)],
    { cached: log('a', 'a') },
    ['duplicate'],
  ],
  [
    'a batch that was sent once is there twice',
    [sent(1, 'plain', 'cached', ['a'])],
    { cached: log('a', 'a') },
    ['duplicate'],
  ],
  [
    'the final log has a hole',
    two('cached').slice(0, 2),
    { cached: [...log('a', 'b'), { offset: 5, value: 'c' }] },
    ['hole', 'invented value'],
  ],
  [
    'a read skips an offset',
    [
      ...two('cached'),
      read(0, [
        { offset: 0, value: 'a' },
        { offset: 2, value: 'c' },
      ]),
    ],
    { cached: log('a', 'b', 'c') },
    ['hole'],
  ],
  [
    'a read begins elsewhere',
    [...two('cached'), read(1, [{ offset: 2, value: 'c' }])],
    { cached: log('a', 'b', 'c') },
    ['hole'],
  ],
  ['a value is another', two('cached'), { cached: log('a', 'x', 'c') }, ['invented value', 'lost', 'torn batch']],
  [
    'an offset is given twice',
    [...two('cached'), sent(3, 'other', 'cached', ['d']), acknowledged(3, 2)],
    { cached: log('a', 'b', 'd') },
    ['lost', 'offset reused'],
  ],
  [
    'an offset that was synced is given again after a power cut',
    [...two('synced'), powerCut, sent(3, 'other', 'synced', ['d']), acknowledged(3, 2, 1)],
    { synced: log('a', 'b', 'd') },
    ['lost', 'offset reused'],
  ],
  [
    'a log begins behind what was to be deleted',
    [...two('cached'), { type: 'deleting', partition: 'cached', before: 1 }],
    { cached: [{ offset: 2, value: 'c' }] },
    ['lost'],
  ],
  [
    'a topic that was made is not there',
    [{ type: 'topic', name: 'gone', wanted: 'made', answered: true }],
    {},
    ['topic lost'],
  ],
  [
    'a topic that was deleted is there',
    [{ type: 'topic', name: 'there', wanted: 'deleted', answered: true }],
    {},
    ['topic back'],
  ],
  ['half of a batch is there', [sent(1, 'plain', 'cached', ['a', 'b'])], { cached: log('a') }, ['torn batch']],
  [
    'a committed offset goes back in a crash',
    [
      { type: 'committed', group: 'g', partition: 'cached', offset: 5, era: 0, eraThrough: 0 },
      crash,
      { type: 'committed-read', group: 'g', partition: 'cached', offset: 3, era: 0, eraThrough: 0 },
    ],
    {},
    ['commit went back'],
  ],
] as [string, HistoryEvent[], Record<string, ReadRecord[]>, ViolationCode[]][]) {
  test(`found: ${what}`, () => assert.deepEqual(codes(events, finalLogs).sort(), expected.sort()))
}

for (const [what, events, finalLogs] of [
  [
    'everything is there',
    [...two('synced'), ...two('cached').map(shifted)],
    { synced: log('a', 'b', 'c'), cached: log('a', 'b', 'c') },
  ],
  [
    'a part of a batch was deleted',
    [...two('synced'), { type: 'deleting', partition: 'synced', before: 1 }],
    { synced: log('a', 'b', 'c').slice(1) },
  ],
  ['a crash lost nothing', [...two('cached'), crash], { cached: log('a', 'b', 'c') }],
  ['a power cut took an unsynced suffix', [...two('cached'), powerCut], { cached: log('a', 'b') }],
  [
    'its offsets are given anew',
    [
      ...two('cached'),
      powerCut,
      sent(3, 'other', 'cached', ['d']),
      acknowledged(3, 2, 1),
      read(2, [{ offset: 2, value: 'd' }], 1),
    ],
    { cached: log('a', 'b', 'd') },
  ],
  [
    'the second power cut took more than the first',
    [...two('cached'), powerCut, sent(3, 'other', 'cached', ['d']), acknowledged(3, 2, 1), powerCut],
    { cached: [] },
  ],
  [
    'a power cut took a suffix, and then the broker stopped cleanly',
    [...two('cached'), powerCut, stopped, powerCut],
    { cached: log('a', 'b') },
  ],
  ['a batch without an answer is there', [sent(1, 'plain', 'synced', ['a'])], { synced: log('a') }],
  ['a batch without an answer is not there', [sent(1, 'plain', 'synced', ['a'])], { synced: [] }],
  [
    'a plain producer’s retry is stored twice',
    [sent(1, 'plain', 'synced', ['a']), { type: 'sent-again', send: 1 }, acknowledged(1, 1)],
    { synced: log('a', 'a') },
  ],
  [
    'a commit is lost in a power cut',
    [
      { type: 'committed', group: 'g', partition: 'cached', offset: 5, era: 0, eraThrough: 0 },
      powerCut,
      { type: 'committed-read', group: 'g', partition: 'cached', offset: -1, era: 1, eraThrough: 1 },
    ],
    {},
  ],
] as [string, HistoryEvent[], Record<string, ReadRecord[]>][]) {
  test(`allowed: ${what}`, () => assert.deepEqual(codes(events, finalLogs), []))
}

/** The same history for batches of other numbers. */
function shifted(event: HistoryEvent): HistoryEvent {
  return 'send' in event ? { ...event, send: event.send + 100 } : event
}

test('what a power cut took stands in a receipt', () => {
  const events = [...two('cached'), powerCut]
  assert.deepEqual(codes(events, { cached: [] }, new Map([['cached', 1]])), ['loss without a receipt'])
  assert.deepEqual(codes(events, { cached: log('a') }, new Map()), ['loss without a receipt', 'torn batch'])
  assert.deepEqual(codes(events, { cached: log('a', 'b') }, new Map([['cached', 2]])), [])
})

const keyed = (send: number, partition: string, entries: Record<string, string>): HistoryEvent => ({
  type: 'sent',
  send,
  producer: 'once',
  partition,
  values: Object.keys(entries),
  keys: Object.values(entries),
  acks: -1,
})

const written = (partition: string) => [
  keyed(1, partition, { a: 'k', b: 'l' }),
  acknowledged(1, 0),
  keyed(2, partition, { c: 'k' }),
  acknowledged(2, 2),
]

test('a compacted topic may lack what has a newer record of its key, and nothing else', () => {
  const events = written('compacted')
  const at = (...entries: [number, string][]): ReadRecord[] => entries.map(([offset, value]) => ({ offset, value }))
  const found = (...entries: [number, string][]) => codes(events, { compacted: at(...entries) })
  assert.deepEqual(found([0, 'a'], [1, 'b'], [2, 'c']), [])
  assert.deepEqual(found([1, 'b'], [2, 'c']), [])
  assert.deepEqual(found([2, 'c']), ['lost'])
  assert.deepEqual(found([0, 'a'], [1, 'b']), ['lost'])
  assert.deepEqual(found([1, 'c'], [2, 'b']), ['lost', 'reordered'])
  assert.deepEqual(found([1, 'b'], [2, 'c'], [3, 'c']), ['duplicate'])
  assert.deepEqual(found([2, 'c'], [1, 'b']), ['hole'])
})

test('a topic that keeps records for some time may lack the first of those from before the clock jumped', () => {
  const [first = powerCut, second = powerCut, third = powerCut, fourth = powerCut] = written('aged')
  const aged: HistoryEvent = { type: 'aged' }
  const c: ReadRecord[] = [{ offset: 2, value: 'c' }]
  assert.deepEqual(codes([first, second, aged, third, fourth], { aged: c }), [])
  assert.deepEqual(codes([first, second, third, fourth], { aged: c }), ['lost'])
  assert.deepEqual(codes([aged, first, second, third, fourth], { aged: c }), ['lost'])
  assert.deepEqual(codes([first, second, aged, third, fourth], { aged: [] }), ['lost'])
  assert.deepEqual(codes([first, second, third, fourth, aged], { aged: [] }), [])
})

test('a tombstone of a compacted topic may go, when all that it had deleted is gone', () => {
  const events = [
    keyed(1, 'compacted', { a: 'k', b: 'l' }),
    acknowledged(1, 0),
    keyed(2, 'compacted', { 'gone c': 'k' }),
    acknowledged(2, 2),
  ]
  const found = (...entries: [number, string][]) =>
    codes(events, { compacted: entries.map(([offset, value]) => ({ offset, value })) })
  assert.deepEqual(found([0, 'a'], [1, 'b'], [2, 'gone c']), [])
  assert.deepEqual(found([1, 'b'], [2, 'gone c']), [])
  assert.deepEqual(found([1, 'b']), [])
  assert.deepEqual(found([0, 'a'], [1, 'b']), ['back'])
  assert.deepEqual(found([2, 'gone c']), ['lost'])
  // Whether it is stored nobody knows.
  const unanswered = [...events, keyed(3, 'compacted', { 'gone d': 'l' })]
  assert.deepEqual(codes(unanswered, { compacted: [] }), [])
})
