/** The records of the cases, and what must be true of them when they are read back. */

export interface SentRecord {
  key: string | null
  value: string | null
  /** Milliseconds since 1970; the client's clock when it is left out. */
  timestamp?: number
  headers: readonly (readonly [name: string, value: string])[]
}

export interface ReadRecord extends SentRecord {
  partition: number
  offset: number
  /** Milliseconds since 1970. */
  timestamp: number
}

export interface RecordShape {
  count: number
  /** Records with the same headers follow each other in runs of this many. */
  headerRun?: number
  /** Goes before every value, so that two sets can be told apart. */
  name?: string
  /** Timestamp of the first record in milliseconds since 1970; each is one later than the one before. */
  firstTimestamp?: number
}

const keys = 50

/** Keyed records, every value different, with bytes beyond ASCII in keys, values and headers. */
export function makeRecords({ count, headerRun = 1, name = 'value', firstTimestamp }: RecordShape): SentRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    key: `ключ-${i % keys}`,
    value: `${name}-${i}-naïve-漢字-${'x'.repeat(i % 97)}`,
    headers: [
      ['trace', `t${Math.floor(i / headerRun)}`],
      ['origin', 'interop·test'],
    ],
    ...(firstTimestamp === undefined ? {} : { timestamp: firstTimestamp + i }),
  }))
}

/** `TIMESTAMP KEY VALUE [NAME=VALUE ...]`: no timestamp is an empty field. */
export function sentRecordLine({ timestamp, key, value, headers }: SentRecord): string {
  return [timestamp ?? '', field(key), field(value), ...headers.map(([name, text]) => `${name}=${text}`)].join('\t')
}

const nothing = '\\N'

function field(text: string | null): string {
  return text ?? nothing
}

function textOf(read: string | undefined): string | null {
  return read === undefined || read === nothing ? null : read
}

/** Reads `record PARTITION OFFSET TIMESTAMP KEY VALUE [NAME=VALUE ...]`. */
export function parseRecordLine(fields: readonly string[]): ReadRecord {
  const [, partition, offset, timestamp, key, value, ...headers] = fields
  return {
    partition: Number(partition),
    offset: Number(offset),
    timestamp: Number(timestamp),
    key: textOf(key),
    value: textOf(value),
    headers: headers.map((text) => {
      const at = text.indexOf('=')
      return [text.slice(0, at), text.slice(at + 1)] as const
    }),
  }
}

/** Exactly the sent records, each once, whole, in order per key, a key in one partition, offsets without holes. */
export function requireExactly(sent: readonly SentRecord[], read: readonly ReadRecord[]): void {
  const byValue = new Map(read.map((record) => [record.value, record]))
  check(byValue.size === read.length, `${read.length - byValue.size} records came twice`)
  for (const record of sent) {
    const got = byValue.get(record.value)
    if (got === undefined)
      throw new Error(`${missing(sent, byValue)} of ${sent.length} records missing: ${record.value}`)
    check(got.key === record.key, `${record.value}: key is ${got.key}, not ${record.key}`)
    const due = sentRecordLine({ ...record, timestamp: record.timestamp ?? got.timestamp })
    const is = sentRecordLine(got)
    check(is === due, `${record.value}: read as ${is}, not ${due}`)
  }
  check(read.length === sent.length, `${read.length} records read, ${sent.length} sent`)
  requireOrderPerKey(sent, read)
  requireDenseOffsets(read)
}

/** The records of a key are in one partition, in the order in which they were sent. */
export function requireOrderPerKey(sent: readonly SentRecord[], read: readonly ReadRecord[]): void {
  const order = new Map(sent.map((record, i) => [record.value, i]))
  const last = new Map<string | null, { order: number; partition: number }>()
  for (const record of [...read].sort((a, b) => a.partition - b.partition || a.offset - b.offset)) {
    const at = order.get(record.value)
    if (at === undefined) throw new Error(`a record that was never sent: ${record.value}`)
    const before = last.get(record.key)
    if (before !== undefined) {
      check(before.partition === record.partition, `key ${record.key} is in two partitions`)
      check(before.order < at, `key ${record.key}: ${record.value} out of order`)
    }
    last.set(record.key, { order: at, partition: record.partition })
  }
}

function requireDenseOffsets(read: readonly ReadRecord[]): void {
  const offsets = new Map<number, number[]>()
  for (const { partition, offset } of read) offsets.set(partition, [...(offsets.get(partition) ?? []), offset])
  for (const [partition, all] of offsets) {
    all.sort((a, b) => a - b)
    all.forEach((offset, i) => check(offset === i, `partition ${partition}: offset ${offset} where ${i} is due`))
  }
}

export function check(holds: boolean, message: string): void {
  if (!holds) throw new Error(message)
}

function missing(sent: readonly SentRecord[], read: ReadonlyMap<string | null, ReadRecord>): number {
  return sent.filter((record) => !read.has(record.value)).length
}
