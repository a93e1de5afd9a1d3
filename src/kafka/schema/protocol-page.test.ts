import assert from 'node:assert/strict'
import { test } from 'node:test'
import { protocolPage } from './protocol-page.ts'
import { apis } from './registry.ts'

/** Kafka 4.3.1's Java client knows the keys from 0 to this one. */
const lastKey = 92

test('every API of Kafka is either served, or listed once with the reason why not', () => {
  const served = apis.map(({ key }) => key)
  const listed = leftOutKeys()
  const all = [...served, ...listed].sort((a, b) => a - b)
  assert.deepEqual(
    all,
    Array.from({ length: lastKey + 1 }, (_, key) => key),
  )
})

test('what is left out has its name and a reason', () => {
  for (const row of leftOutRows()) assert.match(row, /^\| [\d–, ]+ \| [A-Z]\w+[^|]* \| [^|]{10,} \|$/)
})

function leftOutRows(): string[] {
  const table = /## What Kafka has and Trilog has not\n([^]*?)\n## /.exec(protocolPage('x'))?.[1] ?? ''
  return table.split('\n').filter((line) => /^\| \d/.test(line))
}

function leftOutKeys(): number[] {
  return leftOutRows().flatMap((row) => {
    const keys = row.split('|')[1]?.trim().split(', ') ?? []
    return keys.flatMap((range) => {
      const [from, through = from] = range.split('–').map(Number) as [number, number?]
      return Array.from({ length: through - from + 1 }, (_, nth) => from + nth)
    })
  })
}
