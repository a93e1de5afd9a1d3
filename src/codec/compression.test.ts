import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { type CompressionType, compress, compressionTypes, decompress } from './compression.ts'
import { DecompressedTooLarge } from './decompressed-too-large.ts'
import { MalformedInput } from './malformed-input.ts'
import { snappyCompress } from './snappy.ts'

const line = (i: number) => `line ${i % 10} of the text to be compressed\n`
const shortText = Buffer.from(line(0))
const longText = Buffer.from(Array.from({ length: 6000 }, (_, i) => line(i)).join(''))
const maxBytes = longText.length

const byTools = fixture<Record<string, { codec: CompressionType; base64: string }>>(
  'src/codec/fixtures/compressed-by-tools.json',
)
const byJava = fixture<Record<string, [short: string, long: string]>>(
  'src/kafka/schema/second-source/fixtures/compressed.json',
)
const codecs = compressionTypes.filter((type) => type !== 'none')

for (const codec of codecs) {
  test(`${codec}: what the Java client compresses is read`, async () => {
    const [short, long] = byJava[codec] as [string, string]
    assert.ok(shortText.equals(await decompress(codec, Buffer.from(short, 'base64'), { maxBytes })))
    const read = await decompress(codec, Buffer.from(long, 'base64'), { maxBytes })
    assert.ok(longText.equals(read))
  })

  test(`${codec}: what is compressed here is read again, even nothing at all`, async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('x'), shortText, longText, Buffer.alloc(3_000_000, 'zeros? ')]) {
      const packed = await compress(codec, bytes)
      assert.ok(bytes.equals(await decompress(codec, packed, { maxBytes: bytes.length })), `${bytes.length} bytes`)
    }
  })

  test(`${codec}: one byte more than the bound is refused`, async () => {
    for (const bytes of [shortText, longText]) {
      const packed = await compress(codec, bytes)
      await assert.rejects(decompress(codec, packed, { maxBytes: bytes.length - 1 }), DecompressedTooLarge)
    }
    const [, long] = byJava[codec] as [string, string]
    await assert.rejects(
      decompress(codec, Buffer.from(long, 'base64'), { maxBytes: maxBytes - 1 }),
      DecompressedTooLarge,
    )
  })

  test(`${codec}: bytes that are cut short or of another kind are malformed`, async () => {
    const packed = await compress(codec, longText)
    for (const bytes of [packed.subarray(0, packed.length - 9), packed.subarray(0, 20), Buffer.from('neither nor')]) {
      await assert.rejects(decompress(codec, bytes, { maxBytes }), MalformedInput)
    }
  })
}

for (const [name, { codec, base64 }] of Object.entries(byTools)) {
  const bytes = Buffer.from(base64 ?? '', 'base64')
  if (name.includes('bomb')) {
    test(`${name}: 300 MB from ${bytes.length} bytes are refused, and no memory is taken for them`, async () => {
      const before = process.memoryUsage().rss
      await assert.rejects(decompress(codec, bytes, { maxBytes: 1_000_000 }), DecompressedTooLarge)
      assert.ok(process.memoryUsage().rss - before < 100_000_000)
    })
  } else if (name.includes('cut short')) {
    test(`${name}: is malformed`, async () => {
      await assert.rejects(decompress(codec, bytes, { maxBytes }), MalformedInput)
    })
  } else if (name !== 'madeBy') {
    test(`${name}: is read`, async () => {
      assert.ok(longText.equals(await decompress(codec, bytes, { maxBytes })))
    })
  }
}

test('snappy without a frame, as librdkafka writes it, is read', async () => {
  // The length, a tag for three literals, the literals.
  const bytes = Buffer.from([3, 2 << 2, ...Buffer.from('abc')])
  assert.deepEqual(await decompress('snappy', bytes, { maxBytes: 3 }), Buffer.from('abc'))
})

test('snappy blocks are counted together, and each before it is decoded', async () => {
  await assert.rejects(decompress('snappy', snappyCompress(longText), { maxBytes: 100_000 }), DecompressedTooLarge)
  // One block that says it becomes 4 GiB.
  const lie = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0])
  await assert.rejects(decompress('snappy', lie, { maxBytes: 1_000_000 }), DecompressedTooLarge)
})

test('an lz4 frame that lies about its size is malformed', async () => {
  const { base64 } = byTools['lz4 with its size and checksums'] as { base64: string }
  const bytes = Buffer.from(base64, 'base64')
  bytes.writeBigUInt64LE(1n << 40n, 6)
  await assert.rejects(decompress('lz4', bytes, { maxBytes }), MalformedInput)
})

test('several zstd frames, and frames to be skipped, are read as one', async () => {
  const skipped = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
  const frame = await compress('zstd', shortText)
  const bytes = Buffer.concat([frame, skipped, frame])
  const expected = Buffer.concat([shortText, shortText])
  assert.ok(expected.equals(await decompress('zstd', bytes, { maxBytes: expected.length })))
  await assert.rejects(decompress('zstd', bytes, { maxBytes: expected.length - 1 }), DecompressedTooLarge)
})

test('records that are not compressed are given as they are, within the bound', async () => {
  assert.equal(await decompress('none', shortText, { maxBytes }), shortText)
  await assert.rejects(decompress('none', shortText, { maxBytes: 3 }), DecompressedTooLarge)
})

function fixture<T>(path: string): T {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, path))) folder = dirname(folder)
  return JSON.parse(readFileSync(join(folder, path), 'utf8')) as T
}
