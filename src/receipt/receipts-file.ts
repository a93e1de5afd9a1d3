import { type Receipt, receiptsVersion } from './receipt.ts'

/** A file beside the logs, so that Kafka's own tools, which look at folders, pass it over. */
export const receiptsFileName = 'trilog-receipts.json'

export function formatReceipts(receipts: readonly Receipt[]): string {
  return `${JSON.stringify({ version: receiptsVersion, receipts }, null, 2)}\n`
}

/** A file of receipts that cannot be read as such: what is in it is not to be written over. */
class UnreadableReceipts extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'UnreadableReceipts'
  }
}

/** Throws `UnreadableReceipts` where the text holds no receipts, or those of a newer release. */
export function parseReceipts(text: string, path: string): Receipt[] {
  const parsed = inJson(text, path) as { version?: unknown; receipts?: unknown } | null
  if (parsed === null || !Array.isArray(parsed.receipts))
    throw new UnreadableReceipts(`${path} holds no list of receipts`)
  if (parsed.version !== receiptsVersion) {
    const message = `${path} is of version ${String(parsed.version)}, and this release reads version ${receiptsVersion}`
    throw new UnreadableReceipts(message)
  }
  return parsed.receipts as Receipt[]
}

function inJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UnreadableReceipts(`${path} is no JSON`, error)
  }
}
