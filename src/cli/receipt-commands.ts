import { createWriteStream, existsSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { KeptBytes, LostAs, Receipt } from '../receipt/receipt.ts'
import { CommandFailed, exitCodes } from './command-failed.ts'
import { printDone, printJson, printRows } from './output.ts'
import { type ReceiptSource, receiptSources } from './receipt-sources.ts'
import type { ListOptions, ReceiptOptions, SaveOptions } from './receipts.ts'
import { savedRecords } from './saved-records.ts'

interface Found {
  readonly receipt: Receipt
  readonly source: ReceiptSource
}

/** What a range of lost offsets may have been, for people. */
const lostAsText: Record<LostAs, string> = {
  'below-watermark': 'below the watermark: committed, so acknowledged and maybe read',
  'maybe-acknowledged': 'above the watermark: nothing acknowledged by all; maybe acknowledged with acks=1',
  'maybe-read': 'above the watermark; maybe acknowledged with acks=1, and maybe read at a backup',
  unknown: 'unknown: it may have been acknowledged, and read',
}

export async function list(options: ListOptions): Promise<void> {
  const found = (await all(options)).filter(({ receipt }) => [undefined, receipt.topic].includes(options.topic))
  const receipts = found.map(({ receipt }) => receipt)
  if (!options.json && receipts.length === 0) return void process.stdout.write('There are no receipts.\n')
  const rows = receipts.map((receipt) => [
    receipt.id,
    new Date(receipt.atMs).toISOString(),
    `${receipt.topic}:${receipt.partition}`,
    receipt.replica.broker,
    receipt.kind,
    receipt.from,
    endText(receipt),
    receipt.cut?.records ?? null,
    keptMark(receipt),
    [...new Set(receipt.ranges.map(({ lostAs }) => lostAs))].join(', '),
  ])
  const head = ['ID', 'AT', 'PARTITION', 'BROKER', 'KIND', 'FROM', 'TO', 'RECORDS', 'KEPT', 'LOST']
  await printRows(options, receipts, { head, rows })
}

export async function show(id: string, options: ReceiptOptions): Promise<void> {
  const { receipt, source } = await one(id, options)
  if (options.json) return printJson(receipt)
  process.stdout.write(`${linesOf(receipt, source).join('\n')}\n`)
}

export async function save(id: string, path: string, options: SaveOptions): Promise<void> {
  const { receipt, source } = await one(id, options)
  const kept = receipt.cut?.kept ?? null
  if (kept === null) throw new CommandFailed(`Nothing is kept with receipt ${receipt.id}${whyNothing(receipt)}.`)
  if (existsSync(path)) throw new CommandFailed(`${path} is there already.`, { exitCode: exitCodes.wrongUsage })
  const batches = await source.batches(receipt)
  let records: number | null = null
  if (options.format === 'batches') await pipeline(batches, createWriteStream(path, { flags: 'wx' }))
  else {
    records = 0
    const lines = savedRecords(batches, receipt, () => (records = (records ?? 0) + 1))
    await pipeline(lines, createWriteStream(path, { flags: 'wx' }))
  }
  const { from, to, bytes } = kept
  const what = records === null ? `${bytes} bytes` : `${records} records`
  const rest = isWhole(receipt, kept) ? '' : `; what follows up to ${receipt.to} is not kept`
  printDone(options, { id: receipt.id, path, from, to, bytes, records }, `${what} are in ${path}${rest}.`)
}

async function all(options: ReceiptOptions): Promise<Found[]> {
  const sources = await receiptSources(options)
  const told = await Promise.all(
    sources.map(async (source) => (await source.list()).map((receipt) => ({ receipt, source }))),
  )
  return told.flat().sort((one, other) => one.receipt.atMs - other.receipt.atMs)
}

async function one(id: string, options: ReceiptOptions): Promise<Found> {
  const found = (await all(options)).filter(({ receipt }) => receipt.id.startsWith(id))
  const [first, ...others] = found
  if (first === undefined) throw new CommandFailed(`There is no receipt ${id}.`)
  if (others.length === 0) return first
  throw new CommandFailed(`${found.length} receipts begin with ${id}.`, { exitCode: exitCodes.wrongUsage })
}

function linesOf(receipt: Receipt, { name }: ReceiptSource): string[] {
  const { topic, topicId, partition, replica, cut, ranges } = receipt
  const at = new Date(receipt.atMs).toISOString()
  const lines = [
    `Receipt ${receipt.id} of ${topic}:${partition}${topicId === null ? '' : `, topic id ${topicId}`}`,
    `Written    ${at} by broker ${replica.broker}, directory ${replica.directory}; read from ${name}`,
    `Why        ${receipt.reason}`,
    `Offsets    ${receipt.from} to ${endText(receipt)}`,
    ...ranges.map(({ from, to, lostAs }) => `  ${from} to ${to ?? 'open'}: ${lostAsText[lostAs]}`),
  ]
  if (cut === null) return lines
  const epochs = cut.epochs.map(({ epoch, from, to }) => `${epoch} (${from} to ${to})`).join(', ')
  const producers = cut.producers.map(({ producerId, records }) => `${producerId} (${records} records)`).join(', ')
  const { records, bytes, kept, state } = cut
  return [
    ...lines,
    `Cut        ${records ?? 'an unknown number of'} records, ${bytes} bytes, of epochs ${epochs}`,
    ...(producers === '' ? [] : [`Producers  ${producers}`]),
    `Kept       ${keptText(receipt, kept)}`,
    ...(state === 'done' ? [] : ['State      the cut was not done yet when this was written']),
  ]
}

/** The end, exclusive; of bounds it is only what anybody has shown. */
function endText({ kind, to }: Receipt): string {
  if (kind === 'cut') return `${to}`
  return to === null ? 'open' : `${to}, open`
}

const isWhole = ({ to, from }: Receipt, kept: KeptBytes): boolean => kept.to === to && kept.from === from

function keptMark(receipt: Receipt): string {
  const kept = receipt.cut?.kept ?? null
  if (kept === null) return 'no'
  return isWhole(receipt, kept) ? 'yes' : 'partly'
}

function keptText(receipt: Receipt, kept: KeptBytes | null): string {
  if (kept === null) return 'nothing'
  const { file, from, to, bytes } = kept
  return `${isWhole(receipt, kept) ? 'all' : `offsets ${from} to ${to}`}, ${bytes} bytes, in ${file}`
}

function whyNothing({ kind }: Receipt): string {
  return kind === 'bounds' ? ': the bytes are gone with a disk or its cache' : ''
}
