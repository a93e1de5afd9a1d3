/** What kafka-dump-log has printed, line by line. Every line that is not one of the good ones below is a complaint. */

export interface DumpedFile {
  readonly path: string
  /** As printed, without the notes about the file as a whole. */
  readonly lines: readonly string[]
}

export interface KafkaDump {
  readonly files: readonly DumpedFile[]
  readonly complaints: readonly string[]
}

const id = '-?\\d+'
const optional = 'OptionalLong(?:\\.empty|\\[\\d+\\])'
const time = `(?:CreateTime|LogAppendTime): ${id}`
const codec = '(?:none|gzip|snappy|lz4|zstd)'

const batch = new RegExp(
  `^baseOffset: ${id} lastOffset: ${id} count: ${id} baseSequence: ${id} lastSequence: ${id} producerId: ${id} ` +
    `producerEpoch: ${id} partitionLeaderEpoch: ${id} isTransactional: (?:true|false) isControl: (?:true|false) ` +
    `deleteHorizonMs: ${optional} position: \\d+ ${time} size: \\d+ magic: 2 compresscodec: ${codec} crc: \\d+ isvalid: true$`,
)
const record = new RegExp(
  `^\\| offset: \\d+ ${time} keySize: ${id} valueSize: ${id} sequence: ${id} headerKeys: \\[.*?\\]` +
    `(?: endTxnMarker: (?:COMMIT|ABORT) coordinatorEpoch: ${id}| LeaderChange: \\{.*\\})?$`,
)
const entries = new Map([
  ['log', [batch, record]],
  ['index', [/^offset: \d+ position: \d+$/]],
  ['timeindex', [new RegExp(`^timestamp: ${id} offset: \\d+$`)]],
  ['txnindex', [/^version: 0 producerId: \d+ firstOffset: \d+ lastOffset: \d+ lastStableOffset: \d+$/]],
  [
    'snapshot',
    [
      new RegExp(
        `^producerId: \\d+ producerEpoch: ${id} coordinatorEpoch: ${id} currentTxnFirstOffset: ${optional} ` +
          `lastTimestamp: ${id}(?: firstSequence: ${id} lastSequence: ${id} lastOffset: ${id} offsetDelta: ${id} timestamp: ${id})?$`,
      ),
    ],
  ],
])

/** What the tool mentions of good files, too. */
export interface DumpTraits {
  /** Compaction has taken offsets out. */
  readonly hasGaps?: boolean
  /** Compaction by Kafka has left batches without records, whose times the time index still has. */
  readonly hasEmptyBatches?: boolean
}

export function readDump(
  output: { readonly stdout: string; readonly stderr: string },
  traits: DumpTraits = {},
): KafkaDump {
  const files: { path: string; lines: string[] }[] = []
  const complaints: string[] = []
  for (const line of linesOf(output.stdout)) {
    const file = files.at(-1)
    const begun = /^Dumping (.+)$/.exec(line)
    if (begun !== null) files.push({ path: begun[1] ?? '', lines: [] })
    else if (file === undefined) complaints.push(line)
    else if (entries.get(endingOf(file.path))?.some((good) => good.test(line))) file.lines.push(line)
    else if (!isNote(line, file.path)) complaints.push(`${file.path}: ${line}`)
  }
  complaints.push(...complaintsOf(output.stderr, files, traits))
  return { files, complaints }
}

function isNote(line: string, path: string): boolean {
  return (
    /^Log starting offset: \d+$/.test(line) || line === `${path} is empty.` || line === `${path} passed sanity check.`
  )
}

/**
 * The tool begins to count at offset 0 in every segment, and so finds a gap before the first record of each but the first:
 * that one says nothing.
 */
function complaintsOf(stderr: string, files: readonly DumpedFile[], traits: DumpTraits): string[] {
  const { hasGaps = false, hasEmptyBatches = false } = traits
  const complaints: string[] = []
  let gapsIn: DumpedFile | undefined
  for (const line of linesOf(stderr)) {
    const heading = /^Non-consecutive offsets in (.+)$/.exec(line)
    const gap = /^ {2}(-?\d+) is followed by (\d+)$/.exec(line)
    if (heading !== null) gapsIn = files.find(({ path }) => path === heading[1])
    else if (hasEmptyBatches && /^Found timestamp mismatch in :|^ {2}.*, log timestamp: -1$/.test(line)) continue
    else if (gap === null || gapsIn === undefined) complaints.push(line)
    else if (!hasGaps && !(gap[1] === '-1' && gap[2] === firstOffsetOf(gapsIn)))
      complaints.push(`${gapsIn.path}:${line}`)
  }
  return complaints
}

function firstOffsetOf({ lines }: DumpedFile): string | undefined {
  return lines.map((line) => /^\| offset: (\d+) /.exec(line)?.[1]).find((offset) => offset !== undefined)
}

const endingOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')
