import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import fc from 'fast-check'
import { linesOf } from './input-lines.ts'

test('lines are the same however the bytes arrive', async () => {
  const line = fc.array(fc.constantFrom('a', 'é', '\r', ':'), { maxLength: 5 }).map((parts) => parts.join(''))
  const ends = fc.constantFrom('\n', '\r\n')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(line, ends)),
      line,
      fc.integer({ min: 1, max: 9 }),
      async (lines, last, piece) => {
        const bytes = Buffer.from(lines.map(([text, end]) => text + end).join('') + last)
        const pieces: Buffer[] = []
        for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece))
        let read = 0
        const got: string[] = []
        for await (const one of linesOf(Readable.from(pieces), (count) => (read += count))) got.push(`${one}`)
        const split = bytes.toString().split('\n')
        if (split.at(-1) === '') split.pop()
        assert.deepEqual(
          got,
          split.map((text) => (text.endsWith('\r') ? text.slice(0, -1) : text)),
        )
        assert.equal(read, bytes.length)
      },
    ),
  )
})
