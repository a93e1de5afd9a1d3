import { setTimeout as sleep } from 'node:timers/promises'
import type { TargetControl } from '../targets/target.ts'
import { check, makeRecords, requireExactly, type SentRecord, sentRecordLine } from '../records.ts'
import type { Case, CaseContext } from './case.ts'

const count = 8000
const killAt = 2000

/** An idempotent producer whose broker is killed and started again leaves every record exactly once, in order. */
export const idempotentRestartCase: Case = {
  name: 'idempotent-restart',
  about: `${count} records from an idempotent producer while the broker is killed (SIGKILL) and started again: each once, in order per key`,
  skipReason: ({ control }) =>
    control === null ? 'the broker is not ours to kill: no --kill-cmd and --start-cmd' : null,
  async run(context) {
    if (context.control === null) throw new Error('no broker to kill')
    await context.createTopic(3)
    const sent = makeRecords({ count, headerRun: count })
    const unanswered = await produceThroughRestart(context, context.control, sent)
    requireExactly(sent, await context.client.consume(context.topic))
    return { facts: `${count} records, each once, in order`, varying: `killed with at most ${unanswered} unanswered` }
  },
}

async function produceThroughRestart(context: CaseContext, control: TargetControl, sent: SentRecord[]) {
  const { client, topic, until } = context
  let acked = 0
  let error: string | null = null
  const producer = client.start('produce', { topic, idempotent: true }, (fields) => {
    if (fields[0] === 'sent') acked = Number(fields[1])
    if (fields[0] === 'error') error = fields.slice(1).join(': ')
  })
  try {
    const feed = { given: 0 }
    const feeding = feedSlowly(sent, feed, (line) => producer.send(line))
    await until(
      () => `${killAt} records are sent, not ${acked}: ${error}`,
      () => acked >= killAt || !producer.running,
    )
    check(producer.running, `the producer ended early: ${error ?? producer.stderr}`)
    await control.kill()
    const unanswered = feed.given - acked
    check(acked < count, 'the broker is killed while records are on their way')
    await control.restart()
    await feeding
    producer.closeInput()
    const code = await producer.exited
    check(code === 0, `the producer ended with ${code}: ${error ?? producer.stderr}`)
    return unanswered
  } finally {
    await producer.end()
  }
}

/** About 2,000 records a second, so that the kill falls among them. */
async function feedSlowly(sent: readonly SentRecord[], feed: { given: number }, give: (line: string) => void) {
  for (const record of sent) {
    give(sentRecordLine(record))
    if (++feed.given % 10 === 0) await sleep(5)
  }
}
