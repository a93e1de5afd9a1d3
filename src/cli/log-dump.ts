import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isSnapshotName } from '../metadata/snapshot/snapshot-folder.ts'
import { decodeOffsetCheckpoint } from '../log/checkpoint-file.ts'
import { decodeProducerSnapshot } from '../log/producer-snapshot.ts'
import { sequenceBefore } from '../log/producer-state-sequence.ts'
import { offsetOfFileName, type SegmentFileKind } from '../log/segment-files.ts'
import { NodeDisk } from '../runtime/node/node-disk.ts'
import { CommandFailed, exitCodes } from './command-failed.ts'
import { dumpOffsetIndex, dumpTimeIndex, dumpTransactions } from './dump-index.ts'
import { dumpSegment } from './dump-segment.ts'
import { type Dumped, DumpPrinter } from './dump-printer.ts'
import type { OutputOptions } from './output.ts'

export interface DumpOptions extends OutputOptions {
  readonly records?: boolean
}

type Dumper = (path: string, options: DumpOptions) => AsyncIterable<Dumped> | Iterable<Dumped>

/** Prints a file, or every known file of a folder. Throws with exit code 3 when something is damaged. */
export async function dump(path: string, options: DumpOptions): Promise<void> {
  const facts = statSync(path, { throwIfNoEntry: false })
  if (facts === undefined) throw new CommandFailed(`There is nothing at ${path}.`)
  const paths = facts.isDirectory() ? knownFilesIn(path) : [path]
  if (paths.length === 0) throw new CommandFailed(`${path} holds no file of a log: name the folder of a partition.`)
  const printer = new DumpPrinter(options.json ?? false)
  for (const file of paths) {
    const dumper = dumperOf(file)
    if (dumper === null) throw new CommandFailed(`${file} is no file of a log that can be shown.`)
    if (paths.length > 1) printer.file(file)
    for await (const one of dumper(resolve(file), options)) await printer.print(file, one)
  }
  if (printer.damages === 0) return
  const what = printer.damages === 1 ? '1 place is' : `${printer.damages} places are`
  throw new CommandFailed(`${what} damaged.`, { exitCode: exitCodes.violation })
}

function knownFilesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && dumperOf(entry.name) !== null)
    .map((entry) => join(folder, entry.name))
    .sort()
}

const checkpoints = new Set([
  'recovery-point-offset-checkpoint',
  'log-start-offset-checkpoint',
  'replication-offset-checkpoint',
])

function dumperOf(path: string): Dumper | null {
  const name = basename(path)
  const isSegment = name.endsWith('.log') || isSnapshotName(name)
  if (isSegment) return (file, options) => dumpSegment(file, { ...options, disk: new NodeDisk() })
  if (name.endsWith('.timeindex'))
    return (file) => dumpTimeIndex(file, baseOffsetOf(file, '.timeindex'), new NodeDisk())
  if (name.endsWith('.index')) return (file) => dumpOffsetIndex(file, baseOffsetOf(file, '.index'), new NodeDisk())
  if (name.endsWith('.txnindex')) return (file) => dumpTransactions(readFileSync(file))
  if (name.endsWith('.snapshot')) return dumpSnapshot
  if (checkpoints.has(name)) return dumpOffsets
  if (name === 'leader-epoch-checkpoint') return dumpEpochs
  if (name === 'partition.metadata') return dumpText
  return null
}

function baseOffsetOf(path: string, kind: SegmentFileKind): number {
  return offsetOfFileName(basename(path), kind) ?? 0
}

function* dumpSnapshot(path: string): Generator<Dumped> {
  const entries = decodeProducerSnapshot(readFileSync(path))
  if (entries === null) return yield { damage: 'no snapshot of producers of a known version, or its CRC does not hold' }
  for (const entry of entries) {
    const last = entry.lastBatch
    const facts = {
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      coordinatorEpoch: entry.coordinatorEpoch,
      firstSequence: last === undefined ? -1 : sequenceBefore(last.lastSequence, last.offsetDelta),
      lastSequence: last?.lastSequence ?? -1,
      lastOffset: last?.lastOffset ?? -1,
      offsetDelta: last?.offsetDelta ?? 0,
      lastTimestamp: entry.lastTimestamp,
      transactionFirstOffset: entry.transactionFirstOffset,
    }
    const open = facts.transactionFirstOffset < 0 ? '' : `  in a transaction since ${facts.transactionFirstOffset}`
    const line = `producer ${facts.producerId}/${facts.producerEpoch}  sequence ${facts.lastSequence}  offset ${facts.lastOffset}${open}`
    yield { facts, line }
  }
}

function* dumpOffsets(path: string): Generator<Dumped> {
  const offsets = decodeOffsetCheckpoint(readFileSync(path, 'utf8'))
  if (offsets === null) return yield { damage: 'no checkpoint of offsets of version 0' }
  for (const [partition, offset] of offsets) yield { facts: { partition, offset }, line: `${partition}  ${offset}` }
}

function* dumpEpochs(path: string): Generator<Dumped> {
  const [version, count, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n')
  if (version !== '0' || Number(count) !== lines.length) return yield { damage: 'no checkpoint of epochs of version 0' }
  let before = { epoch: -1, startOffset: -1 }
  for (const line of lines) {
    const [epoch, startOffset] = line.split(' ').map(Number) as [number, number]
    if (!(epoch > before.epoch && startOffset >= before.startOffset)) yield { damage: `epochs go back: ${line}` }
    before = { epoch, startOffset }
    yield { facts: before, line: `epoch ${epoch}  from offset ${startOffset}` }
  }
}

function* dumpText(path: string): Generator<Dumped> {
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) {
    const at = line.indexOf(':')
    const facts = { [line.slice(0, at)]: line.slice(at + 1).trim() }
    yield at < 0 ? { damage: `${dirname(path)}: a line without a name: ${line}` } : { facts, line }
  }
}
