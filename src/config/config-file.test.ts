import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfigFile } from './config-file.ts'

test('dotted, nested and mixed names are the same', async () => {
  assert.deepEqual(
    await readConfigFile('log.segment.bytes: 5\nlog:\n  dirs: [/a, /b]\n  flush.interval:\n    ms: 7\n'),
    {
      'log.segment.bytes': '5',
      'log.dirs': '/a,/b',
      'log.flush.interval.ms': '7',
    },
  )
})

test('numbers beyond 2^53 come whole, and text as it is written', async () => {
  assert.deepEqual(await readConfigFile('a: 9223372036854775807\nb: true\nc: 0.5\nd: PLAINTEXT://127.0.0.1:9092\n'), {
    a: '9223372036854775807',
    b: 'true',
    c: '0.5',
    d: 'PLAINTEXT://127.0.0.1:9092',
  })
})

test('an empty file is an empty configuration', async () => {
  assert.deepEqual(await readConfigFile('# nothing\n'), {})
})

test('what is no configuration is refused with the reason', async () => {
  await assert.rejects(readConfigFile('a: [1\n'), /no YAML: .* \(line 2, column 1\)$/)
  await assert.rejects(readConfigFile('a: *b\n'), /no YAML: .*alias/)
  await assert.rejects(readConfigFile('- 1\n'), /names and values are wanted/)
  await assert.rejects(readConfigFile('a:\n'), /a has no value/)
  await assert.rejects(readConfigFile('a: [{b: 1}]\n'), /neither a value nor a list/)
  await assert.rejects(readConfigFile('a.b: 1\na: {b: 2}\n'), /a\.b is given twice/)
})

test('a line that nests hundreds of times is refused before it is parsed', async () => {
  await assert.rejects(readConfigFile(`node.id: 1\n${'d: '.repeat(201)}1`), /line 2 nests too much/)
})

test('what is longer than any configuration is refused before it is parsed', async () => {
  const lines = (count: number) => Array.from({ length: count }, (_, nth) => `name.${nth}: ${nth}\n`).join('')
  assert.equal(Object.keys(await readConfigFile(lines(300))).length, 300)
  await assert.rejects(readConfigFile(lines(1_000)), /more than 3000 names, values and signs/)
  await assert.rejects(readConfigFile(`# ${'long '.repeat(60_000)}`), /longer than 262144 characters/)
})
