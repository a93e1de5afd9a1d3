/** `npm run demo`: a public data set through a topic while the broker is killed with -9 twice; exit code 1 on any difference. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SingleBar } from 'cli-progress'
import { Command, Option } from 'commander'
import { runMain } from '../child.ts'
import { installNpmFolder } from '../install/npm-folder.ts'
import { packageRoot } from '../package-root.ts'
import { startTarget } from '../targets/start.ts'
import { type Target, type TargetName, targetNames } from '../targets/target.ts'
import { type Audit, audit, checksumOf, type InputRow } from './audit.ts'
import { kills, type Mode, modes, stream } from './stream.ts'
import { plainTable } from '../table.ts'

interface Options {
  target: TargetName
  mode: Mode | 'both'
  json?: true
}

interface Outcome {
  mode: Mode
  seconds: number
  log: Audit
  group: Audit
  /** Empty when everything is as promised. */
  differences: string[]
}

const folder = join(packageRoot, 'interop', 'demo')

await runMain(main)

async function main(): Promise<number> {
  const options = new Command('demo')
    .description('Streams the flights data set through a broker that is killed meanwhile, and compares.')
    .addOption(new Option('--target <name>', 'the broker to start').choices(targetNames).default('trilog'))
    .addOption(new Option('--mode <name>', 'how to produce').choices([...modes, 'both']).default('both'))
    .option('--json', 'results as JSON on standard output')
    .parse()
    .opts<Options>()
  await installNpmFolder(folder)
  const { readRows } = (await import(pathToFileURL(join(folder, 'rows.mjs')).href)) as { readRows(): InputRow[] }
  const input = readRows()
  const due = checksumOf(input.map(({ value }) => value))
  const target = await startTarget(options.target)
  say(`${target.name} at ${target.bootstrap}: ${input.length} rows, checksum ${due}`)
  const outcomes: Outcome[] = []
  for (const mode of modes) {
    if (options.mode === mode || options.mode === 'both') outcomes.push(await runMode(mode, input, due, target))
  }
  await target.stop()
  if (options.json)
    process.stdout.write(`${JSON.stringify({ rows: input.length, checksum: due, outcomes }, null, 2)}\n`)
  else show(outcomes, input.length, due)
  return outcomes.some(({ differences }) => differences.length > 0) ? 1 : 0
}

async function runMode(mode: Mode, input: readonly InputRow[], due: string, target: Target): Promise<Outcome> {
  if (target.control === null) throw new Error('the demo needs a broker that it can kill')
  const bar = new SingleBar({ format: `${mode} {bar} {value}/{total} rows sent, {seen} seen`, stream: process.stderr })
  const live = process.stderr.isTTY
  if (live) bar.start(input.length, 0, { seen: 0 })
  const { members, log, seconds } = await stream({
    mode,
    bootstrap: target.bootstrap,
    control: target.control,
    topic: `flights-${mode}`,
    rows: input.length,
    onProgress: (sent, seen) => live && bar.update(sent, { seen }),
    onKill: (number, downMs) =>
      say(`${mode}: kill -9 number ${number}, ready again after ${(downMs / 1000).toFixed(1)} s`),
  }).finally(() => bar.stop())
  const seen = { log: audit(input, [log]), group: audit(input, members) }
  return { mode, seconds, ...seen, differences: differencesOf(mode, seen.log, seen.group, due) }
}

function differencesOf(mode: Mode, log: Audit, group: Audit, due: string): string[] {
  const promises: [string, boolean][] = [
    ['rows are missing in the log', log.lost === 0],
    ['rows were not seen by the group', group.lost === 0],
    ['rows were altered', log.altered + group.altered === 0],
    ['rows of a key are out of order', log.outOfOrder + group.outOfOrder === 0],
    ['the checksum differs from that of the input', log.checksum === due && group.checksum === due],
    ['the idempotent producer left a row twice', mode !== 'idempotent' || log.repeated === 0],
  ]
  return promises.filter(([, kept]) => !kept).map(([difference]) => difference)
}

function show(outcomes: readonly Outcome[], rows: number, due: string): void {
  const head = ['', ...outcomes.flatMap(({ mode }) => [`${mode}: log`, 'group'])]
  const table = plainTable(head)
  const line = (name: string, of: (audit: Audit) => string | number): void => {
    table.push([name, ...outcomes.flatMap(({ log, group }) => [of(log), of(group)])])
  }
  line('records', ({ records }) => records)
  line('rows lost', ({ lost }) => lost)
  line('rows seen again', ({ repeated }) => repeated)
  line('rows altered', ({ altered }) => altered)
  line('out of order in a key', ({ outOfOrder }) => outOfOrder)
  line('checksum', ({ checksum }) => checksum)
  process.stdout.write(`input: ${rows} rows, checksum ${due}\n${table.toString()}\n`)
  for (const { mode, seconds, differences } of outcomes) {
    const verdict = differences.length === 0 ? 'as promised' : `NOT AS PROMISED: ${differences.join('; ')}`
    process.stdout.write(`${mode}: ${kills} times kill -9, ${seconds.toFixed(1)} s, ${verdict}\n`)
  }
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
