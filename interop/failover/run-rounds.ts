import { writeFileSync } from 'node:fs'
import { plainTable } from '../table.ts'
import { type Figures, figuresOf } from './figures.ts'
import { type LoadClient, loadClients } from './load-clients.ts'
import { LocalBrokers } from './local-brokers.ts'
import { faults, promises } from './promises.ts'
import { type Round, runRound } from './round.ts'

export interface RoundsOptions {
  readonly client: string
  /** Of each kind. */
  readonly rounds: number
  /** Records a second. */
  readonly rate: number
  readonly quick?: true
  readonly fault?: string[]
  readonly scheme?: string[]
  readonly json?: string
}

/** Kills and pauses brokers of a cluster of three under a steady load, and tells what came of it; 1: a promise is broken. */
export async function runRounds(options: RoundsOptions): Promise<number> {
  const client = loadClients.find(({ name }) => name === options.client) as LoadClient
  const missing = await client.install()
  if (missing !== null) throw new Error(missing)
  const brokers = await LocalBrokers.start({ brokers: 3, controllers: 0, settings: {} })
  const rounds: Round[] = []
  for (const { promised, fault } of kindsOf(options)) {
    for (let count = options.quick ? 1 : options.rounds; count > 0; count--) {
      const round = await runRound(brokers, { client, promised, fault, rate: options.rate })
      rounds.push(round)
      const { firstAck, acked, lost, inReceipts, cut, duplicates, reordered, errors, error } = round
      const losses = `${lost} lost, ${inReceipts} of them in receipts of ${cut}`
      const facts = `${acked} acknowledged, ${losses}, ${duplicates} twice, ${reordered} out of order, ${errors} given up`
      process.stderr.write(`${promised.name}, ${fault}: first after ${firstAck} ms, ${facts} (${error})\n`)
      if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rounds, null, 2)}\n`)
    }
  }
  const figures = figuresOf(rounds, client.killMs)
  show(client, figures)
  return figures.some(({ broken }) => broken.length > 0) ? 1 : 0
}

function kindsOf(options: RoundsOptions) {
  return promises
    .filter(({ name }) => options.scheme?.some((part) => name.includes(part)) ?? true)
    .flatMap((promised) =>
      faults
        .filter(({ ofLeadersAlone }) => promised.alone || !ofLeadersAlone)
        .map(({ name: fault }) => ({ promised, fault })),
    )
    .filter(({ fault }) => (options.fault?.includes(fault) ?? true) && !(options.quick && fault === 'pause'))
}

function show(client: LoadClient, figures: readonly Figures[]): void {
  const times = 'first ack ms, min / median / max'
  const table = plainTable([
    'client',
    'scheme',
    'fault',
    'rounds',
    times,
    'acked',
    'lost',
    'in receipts',
    'cut',
    'duplicates',
    'reordered',
    'given up',
  ])
  for (const figure of figures) {
    const { promised, fault, rounds, firstAck, acked, lost, inReceipts, cut, duplicates, reordered, errors } = figure
    const time = firstAck === null ? 'none' : `${firstAck.min} / ${firstAck.median} / ${firstAck.max}`
    table.push([
      client.name,
      promised.name,
      fault,
      rounds,
      time,
      acked,
      lost,
      inReceipts,
      cut,
      duplicates,
      reordered,
      errors,
    ])
  }
  process.stdout.write(`${table.toString()}\n`)
  for (const { promised, fault, broken } of figures) {
    if (broken.length > 0) process.stdout.write(`broken: ${promised.name}, ${fault}: ${broken.join('; ')}\n`)
  }
}
