import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type KeptBytes, type Receipt, receiptsVersion } from '../receipt/receipt.ts'

/** The receipts of a broker, for whoever asks over HTTP. */
export interface ServedReceipts {
  readonly replica: Receipt['replica']
  list(): readonly Receipt[]
  get(id: string): Receipt | null
  /** What was cut and is kept, in pieces. Throws when it is kept no more. */
  read(kept: KeptBytes): AsyncIterable<Buffer>
}

export const receiptPaths = ['/receipts', '/receipts/ID', '/receipts/ID/batches']

/** `/receipts`, `/receipts/ID`, and the batches that are kept with one, as they were in the log. */
export function addReceiptRoutes(server: FastifyInstance, receipts: ServedReceipts): void {
  server.get('/receipts', async () => {
    return { version: receiptsVersion, replica: receipts.replica, receipts: receipts.list() }
  })
  server.get<{ Params: { id: string } }>('/receipts/:id', async ({ params: { id } }, reply) => {
    const receipt = receipts.get(id)
    if (receipt === null) return reply.code(404).send({ error: 'there is no such receipt here' })
    return { version: receiptsVersion, receipt }
  })
  server.get<{ Params: { id: string } }>('/receipts/:id/batches', async ({ params: { id } }, reply) => {
    const kept = receipts.get(id)?.cut?.kept ?? null
    if (kept === null) return reply.code(404).send({ error: 'nothing is kept with such a receipt here' })
    reply.type('application/octet-stream').header('content-length', kept.bytes)
    return reply.send(Readable.from(receipts.read(kept)))
  })
}
