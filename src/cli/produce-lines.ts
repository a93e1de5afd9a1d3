import { createReadStream, statSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { Producer, type ProducerRecord } from '../client/producer.ts'
import { withClient } from './client-session.ts'
import { CommandFailed, sentenceOf } from './command-failed.ts'
import { linesOf } from './input-lines.ts'
import { printDone } from './output.ts'
import type { ProduceOptions } from './produce.ts'
import { ProgressBar } from './progress-bar.ts'
import { recordFromJson } from './record-text.ts'

/** Writes lines as records, and ends when all are acknowledged. The first failure ends it. */
export async function produce(topic: string, files: readonly string[], options: ProduceOptions): Promise<void> {
  const inputs = inputsOf(files)
  const bar = await ProgressBar.open({ totalBytes: inputs.totalBytes, quiet: options.quiet ?? false })
  const startedMs = performance.now()
  let sent = 0
  let acknowledged = 0
  let failure: Error | null = null
  try {
    await withClient(options, async (client) => {
      const producer = new Producer(client, {
        acks: options.acks === 'all' ? 'all' : options.acks === '1' ? 1 : 0,
        compression: options.compression,
      })
      const toRecord = recordMaker(topic, options)
      for await (const line of inputs.lines((bytes) => bar.advance(bytes, acknowledged))) {
        if (failure !== null) break
        sent++
        producer.send(toRecord(line, sent)).then(
          () => acknowledged++,
          (error: Error) => {
            failure ??= error
          },
        )
        // Waits only when the buffer is full: then the input is held back.
        const ready = producer.ready()
        if (ready !== null) await ready
      }
      if (failure === null) await producer.close()
    })
  } finally {
    bar.stop(acknowledged)
  }
  if (failure !== null) {
    throw new CommandFailed(
      `${acknowledged} records were written to ${topic}, then one was not: ${sentenceOf(failure)}`,
    )
  }
  const ms = Math.round(performance.now() - startedMs)
  const what = acknowledged === 1 ? '1 record is' : `${acknowledged} records are`
  printDone(options, { topic, records: acknowledged, ms }, `${what} written to ${topic}.`)
}

interface Inputs {
  /** Null: not known before the end. */
  readonly totalBytes: number | null
  lines(onBytes: (bytes: number) => void): AsyncGenerator<Buffer>
}

function inputsOf(files: readonly string[]): Inputs {
  if (files.length === 0) return { totalBytes: null, lines: (onBytes) => linesOf(process.stdin, onBytes) }
  let totalBytes = 0
  for (const file of files) {
    const facts = statSync(file, { throwIfNoEntry: false })
    if (facts === undefined || facts.isDirectory()) throw new CommandFailed(`${file} is no file that can be read.`)
    totalBytes += facts.size
  }
  return {
    totalBytes,
    lines: async function* (onBytes) {
      for (const file of files)
        yield* linesOf(createReadStream(file, { highWaterMark: 256 * 1024 }) as Readable, onBytes)
    },
  }
}

function recordMaker(topic: string, options: ProduceOptions): (line: Buffer, number: number) => ProducerRecord {
  const headers = Object.entries(options.header ?? {}).map(([key, value]) => ({ key, value: Buffer.from(value) }))
  const partition = options.partition === undefined ? {} : { partition: options.partition }
  if (options.format === 'json') {
    return (line, number) => {
      const record = recordFromJson(line, number)
      return { topic, ...record, ...partition, headers: [...(record.headers ?? []), ...headers] }
    }
  }
  const separator = options.keySeparator === undefined ? null : Buffer.from(options.keySeparator)
  if (separator?.length === 0) throw new CommandFailed('--key-separator is empty.')
  return (line) => {
    const at = separator === null ? -1 : line.indexOf(separator)
    if (separator === null || at < 0) return { topic, ...partition, value: line, headers }
    return { topic, ...partition, key: line.subarray(0, at), value: line.subarray(at + separator.length), headers }
  }
}
