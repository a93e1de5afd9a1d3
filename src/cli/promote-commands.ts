import { type PromotedIn, type PromotedView, promote } from '../client/promote.ts'
import { type ClientOptions, withClient } from './client-session.ts'
import { CommandFailed } from './command-failed.ts'
import { type OutputOptions, printRows } from './output.ts'

export type PromoteOptions = ClientOptions & OutputOptions & { readonly unclean?: boolean }

/** Has a broker take the place of the primary, and tells of each partition what came of it. */
export async function promoteBroker(what: PromotedIn, broker: number, options: PromoteOptions): Promise<void> {
  const told = await withClient(options, (client) =>
    promote(client, what, { broker, unclean: options.unclean ?? false }),
  )
  const facts = told.map(({ topic, partition, leaderEpoch, leads, errorCode, errorMessage }) => {
    return { topic, partition, promoted: errorCode === 0, leads, leaderEpoch, error: errorMessage }
  })
  const rows = told.map((one) => [one.topic, one.partition, outcomeText(one, broker)])
  await printRows(options, facts, { head: ['TOPIC', 'PARTITION', 'OUTCOME'], rows })
  const refused = told.filter(({ errorCode }) => errorCode !== 0).length
  if (refused > 0) throw new CommandFailed(`${refused} of ${told.length} partitions were not promoted.`)
}

function outcomeText({ errorCode, errorMessage, leads, leaderEpoch }: PromotedView, broker: number): string {
  if (errorCode !== 0) return `refused: ${errorMessage}`
  return leads
    ? `broker ${broker} leads in epoch ${leaderEpoch}`
    : `broker ${broker} leads once it has all that it lacks`
}
