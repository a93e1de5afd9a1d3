/** Frames of a stream, and whether it goes bad, told plainly: what the readers of streams are held against. */
export function framesIn(
  bytes: Buffer,
  size: { readonly min: number; readonly max: number },
): { frames: Buffer[]; malformed: boolean } {
  const frames: Buffer[] = []
  let at = 0
  while (bytes.length - at >= 4) {
    const length = bytes.readInt32BE(at)
    if (length < size.min || length > size.max) return { frames, malformed: true }
    if (at + 4 + length > bytes.length) break
    frames.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return { frames, malformed: false }
}

/** The frame with its size in front. */
export function framed(frame: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32BE(frame.length)
  return Buffer.concat([size, frame])
}
