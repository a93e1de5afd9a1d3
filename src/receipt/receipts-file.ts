import { type Receipt, receiptsVersion } from './receipt.ts'

/** A file beside the logs, so that Kafka's own tools, which look at folders, pass it over. */
export const receiptsFileName = 'trilog-receipts.json'

export function formatReceipts(receipts: readonly Receipt[]): string {
  return `${JSON.stringify({ version: receiptsVersion, receipts }, null, 2)}\n`
}

/** Throws where the text holds no receipts, or those of a newer release. */
export function parseReceipts(text: string, path: string): Receipt[] {
  const parsed = JSON.parse(text) as { version?: unknown; receipts?: unknown } | null
  if (parsed === null || !Array.isArray(parsed.receipts)) throw new Error(`${path} holds no list of receipts`)
  if (parsed.version !== receiptsVersion) {
    throw new Error(`${path} is of version ${parsed.version}, and this release reads version ${receiptsVersion}`)
  }
  return parsed.receipts as Receipt[]
}
