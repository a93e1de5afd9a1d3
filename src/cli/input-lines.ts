import type { Readable } from 'node:stream'

/** A line that has no end within this is no line. */
const lineBytesMax = 64 * 1024 * 1024

/** The lines of a stream as bytes, without their ends (`\n` or `\r\n`). A last line without an end counts too. */
export async function* linesOf(stream: Readable, onBytes: (bytes: number) => void = () => {}): AsyncGenerator<Buffer> {
  const parts: Buffer[] = []
  let pendingBytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    onBytes(chunk.length)
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, at))
      yield joined(parts)
      parts.length = 0
      pendingBytes = 0
      from = at + 1
    }
    if (from === chunk.length) continue
    parts.push(chunk.subarray(from))
    pendingBytes += chunk.length - from
    if (pendingBytes > lineBytesMax) throw new RangeError(`a line of more than ${lineBytesMax} bytes`)
  }
  if (parts.length > 0) yield joined(parts)
}

function joined(parts: readonly Buffer[]): Buffer {
  const line = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  return line.at(-1) === 13 ? line.subarray(0, -1) : line
}
