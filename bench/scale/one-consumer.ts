import type { BrokerConnection } from '../../src/client/broker-connection.ts'
import type { ManyPartitions } from './many-partitions.ts'
import type { Figure } from './figure.ts'
import { SessionReader } from './session-reader.ts'
import type { ScaleBroker } from './scale-broker.ts'

/** So small that a fetch serves a few hundred partitions at most. */
const fetchBytes = 64 * 1024
const idlePolls = 20
const idleWaitMs = 500

/**
 * One consumer reads every partition, in which `batches` batches wait, by fetches of one batch per partition and of a few
 * hundred in all; then it polls while nothing comes. Fair means that no partition gives its second batch before all
 * others have given their first.
 */
export async function measureConsumer(
  broker: ScaleBroker,
  connection: BrokerConnection,
  { topics, batches }: { topics: readonly ManyPartitions[]; batches: number },
): Promise<Figure[]> {
  const reader = new SessionReader(connection, topics)
  const before = await broker.cost()
  const { fetches, spread } = await readAll(reader, batches)
  const read = await broker.cost()
  for (let poll = 0; poll < idlePolls; poll++)
    await reader.fetch({ maxBytes: fetchBytes, minBytes: 1, maxWaitMs: idleWaitMs })
  const idle = await broker.cost()
  const pollMs = ((idle.cpuSeconds - read.cpuSeconds) * 1000) / idlePolls
  return [
    { what: 'one consumer: fetches until all is read', value: fetches, unit: '' },
    {
      what: 'one consumer: broker CPU per such fetch',
      value: ((read.cpuSeconds - before.cpuSeconds) * 1000) / fetches,
      unit: 'ms',
      digits: 1,
    },
    { what: 'one consumer: batches that one partition is ahead of another', value: spread, unit: '', atMost: 1 },
    { what: 'one consumer: broker CPU per idle poll', value: pollMs, unit: 'ms', digits: 1 },
    {
      what: `one consumer: broker CPU while it polls each ${idleWaitMs} ms`,
      value: (pollMs / idleWaitMs) * 100,
      unit: '%',
      digits: 1,
    },
  ]
}

/** Fetches until every partition is read to its end; `spread` is the most batches by which one was ahead of another. */
async function readAll(reader: SessionReader, batches: number): Promise<{ fetches: number; spread: number }> {
  let fetches = 0
  let spread = 0
  for (let least = 0; least < batches; ) {
    const served = await reader.fetch({ maxBytes: fetchBytes, minBytes: 1, maxWaitMs: idleWaitMs })
    if (served === 0) throw new Error(`a fetch gave nothing, though a partition is at ${least} of ${batches} batches`)
    fetches += 1
    let most = 0
    least = batches
    for (const position of reader.positions()) {
      least = Math.min(least, position)
      most = Math.max(most, position)
    }
    spread = Math.max(spread, most - least)
  }
  return { fetches, spread }
}
