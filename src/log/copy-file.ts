import type { Disk } from '../runtime/disk.ts'

const blockBytes = 1024 * 1024

/** Copies a file into a new one; its bytes are durable when resolved, its name once the folder is synced. */
export async function copyFile(
  disk: Disk,
  { from, to }: { readonly from: string; readonly to: string },
  onCopied: (bytes: number) => void = () => {},
): Promise<void> {
  const source = await disk.open(from, 'read')
  try {
    const copy = await disk.open(to, 'truncate')
    try {
      const block = Buffer.alloc(blockBytes)
      for (let position = 0; ; ) {
        const read = await source.read(block, position)
        if (read === 0) break
        await copy.write([block.subarray(0, read)], position)
        position += read
        onCopied(read)
      }
      await copy.sync()
    } finally {
      await copy.close()
    }
  } finally {
    await source.close()
  }
}
