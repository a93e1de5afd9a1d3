import { run } from '../child.ts'
import { trilogMain } from '../package-root.ts'
import type { DumpedFile } from './dump-text.ts'

const dumpMs = 60_000

/** What the lines of `trilog log dump --records --json` may hold. */
interface Fact {
  readonly file: string
  readonly damage?: string
  readonly [name: string]: unknown
}

/** The files of a partition's folder as `trilog log dump` prints them, each fact in the words of kafka-dump-log. */
export async function trilogDump(folder: string): Promise<{ files: DumpedFile[]; damages: string[] }> {
  const args = [trilogMain, 'log', 'dump', folder, '--records', '--json']
  const { code, stdout, stderr } = await run(process.execPath, args, { timeoutMs: dumpMs })
  if (code !== 0 && code !== 3) throw new Error(`trilog log dump ${folder}: exit code ${code}: ${stderr}`)
  const files = new Map<string, string[]>()
  const damages: string[] = []
  for (const line of stdout.split('\n')) {
    if (line === '') continue
    const fact = JSON.parse(line) as Fact
    const lines = files.get(fact.file) ?? []
    files.set(fact.file, lines)
    if (fact.damage === undefined) lines.push(inKafkasWords(fact))
    else damages.push(`${fact.file}: ${fact.damage}`)
  }
  if ((code === 3) !== damages.length > 0)
    throw new Error(`exit code ${code} with ${damages.length} damages: ${stderr}`)
  return { files: [...files].map(([path, lines]) => ({ path, lines })), damages }
}

/** Null, or where the two programs tell different things of the same files. */
export function difference(kafka: readonly DumpedFile[], trilog: readonly DumpedFile[]): string | null {
  for (const { path, lines } of kafka) {
    const ours = trilog.find((file) => file.path === path)?.lines ?? []
    const at = lines.findIndex((line, i) => plain(line) !== ours[i])
    if (at >= 0) return `${path}:\n  kafka  ${plain(lines[at] ?? '')}\n  trilog ${ours[at] ?? 'nothing'}`
    if (ours.length > lines.length) return `${path}:\n  kafka  nothing\n  trilog ${ours[lines.length]}`
  }
  return null
}

/** The content of control records of Kafka's metadata log is shown by kafka-dump-log only; Trilog tells their kind. */
const plain = (line: string): string => line.replace(/ LeaderChange: \{.*\}$/, ' control: leader-change')

function inKafkasWords(fact: Fact): string {
  const { file } = fact
  if (file.endsWith('.log')) return 'baseOffset' in fact ? batchLine(fact) : recordLine(fact)
  if (file.endsWith('.txnindex')) return wordsOf({ version: 0, ...fact, file: undefined })
  if (file.endsWith('.snapshot')) return producerLine(fact)
  return wordsOf({ ...fact, file: undefined })
}

function batchLine(fact: Fact): string {
  return wordsOf({
    baseOffset: fact['baseOffset'],
    lastOffset: fact['lastOffset'],
    count: fact['records'],
    baseSequence: fact['baseSequence'],
    lastSequence: fact['lastSequence'],
    producerId: fact['producerId'],
    producerEpoch: fact['producerEpoch'],
    partitionLeaderEpoch: fact['leaderEpoch'],
    isTransactional: fact['isTransactional'],
    isControl: fact['isControl'],
    deleteHorizonMs: optional(fact['deleteHorizonMs'] as number | null),
    position: fact['position'],
    [String(fact['timestampType'])]: fact['maxTimestamp'],
    size: fact['sizeBytes'],
    magic: fact['magic'],
    compresscodec: fact['compression'],
    crc: fact['crc'],
    isvalid: fact['crcHolds'],
  })
}

function recordLine(fact: Fact): string {
  const { offset, timestampType, timestamp, keySize, valueSize, sequence } = fact as Record<string, unknown>
  const headers = (fact['headers'] as { key: string }[] | undefined) ?? []
  const sizes = { offset, [String(timestampType)]: timestamp, keySize, valueSize, sequence }
  const line = `| ${wordsOf({ ...sizes, headerKeys: `[${headers.map(({ key }) => key).join(',')}]` })}`
  const control = fact['control'] as { type: string; coordinatorEpoch?: number } | undefined
  if (control === undefined) return line
  if (control.coordinatorEpoch === undefined) return `${line} control: ${control.type}`
  return `${line} ${wordsOf({ endTxnMarker: control.type.toUpperCase(), coordinatorEpoch: control.coordinatorEpoch })}`
}

function producerLine(fact: Fact): string {
  const { producerId, producerEpoch, coordinatorEpoch, lastTimestamp } = fact as Record<string, unknown>
  const open = fact['transactionFirstOffset'] as number
  const currentTxnFirstOffset = optional(open < 0 ? null : open)
  const line = wordsOf({ producerId, producerEpoch, coordinatorEpoch, currentTxnFirstOffset, lastTimestamp })
  const { firstSequence, lastSequence, lastOffset, offsetDelta } = fact as Record<string, unknown>
  if ((lastOffset as number) < 0) return line
  return `${line} ${wordsOf({ firstSequence, lastSequence, lastOffset, offsetDelta, timestamp: lastTimestamp })}`
}

const optional = (value: number | null): string => (value === null ? 'OptionalLong.empty' : `OptionalLong[${value}]`)

function wordsOf(facts: Record<string, unknown>): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`)
    .join(' ')
}
