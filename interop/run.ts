/** `npm run interop`: stock clients against Trilog, real Kafka or both; exit code 1 on any failure or difference. */
import { writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { cases } from './cases/all.ts'
import { caseNames } from './cases/case-name.ts'
import { runMain } from './child.ts'
import { readRecorded, recordedFile, withRun } from './matrix/recorded.ts'
import { clientPrograms } from './programs/all.ts'
import { differences, type Outcome, type Result } from './result.ts'
import { runClient } from './run-client.ts'
import { plainTable } from './table.ts'
import { externalTarget, startTarget } from './targets/start.ts'
import { type Target, targetNames } from './targets/target.ts'

interface Options {
  all?: true
  on?: 'trilog' | 'kafka' | 'both'
  bootstrap?: string
  killCmd?: string
  startCmd?: string
  client?: string[]
  case?: string[]
  strict?: true
  json?: string
  record?: true
}

await runMain(main)

async function main(): Promise<number> {
  const options = optionsOf()
  const started = performance.now()
  const chosen = cases.filter(({ name }) => options.case?.includes(name) ?? true)
  const programs = clientPrograms.filter(
    ({ name, everyday }) => options.client?.includes(name) ?? (options.all || everyday),
  )
  const targets = await targetsOf(options)
  for (const { name, bootstrap } of targets) process.stderr.write(`${name} at ${bootstrap}\n`)
  const results: Result[] = []
  const report = (result: Result): void => {
    results.push(result)
    process.stderr.write(`${lineOf(result)}\n`)
  }
  for (const program of programs) {
    await runClient(program, { cases: chosen, targets, strict: options.strict ?? false, report })
  }
  await Promise.all(targets.map((target) => target.stop()))
  const differing = differences(results)
  if (options.json !== undefined) {
    await writeFile(options.json, `${JSON.stringify({ results, differences: differing }, null, 2)}\n`)
  }
  if (options.record) {
    const matrix = withRun(readRecorded(), results, new Date().toISOString().slice(0, 10))
    await writeFile(recordedFile, `${JSON.stringify(matrix, null, 2)}\n`)
  }
  show(results, differing, started)
  return differing.length > 0 || results.some(({ outcome }) => outcome === 'fail') ? 1 : 0
}

function optionsOf(): Options {
  return new Command('interop')
    .description('Runs stock Kafka clients against brokers, the same cases with each.')
    .option('--all', 'every client, not only the everyday ones; on both brokers unless --on says otherwise')
    .addOption(new Option('--on <broker>', 'the broker to start (default: trilog)').choices([...targetNames, 'both']))
    .option('--bootstrap <host:port>', 'a broker that runs already, instead of --on')
    .option('--kill-cmd <command>', 'with --bootstrap: kills the broker at once')
    .option('--start-cmd <command>', 'with --bootstrap: starts it again on its data, done when it is ready')
    .addOption(new Option('--client <name...>', 'only these').choices(clientPrograms.map(({ name }) => name)))
    .addOption(new Option('--case <name...>', 'only these').choices([...caseNames]))
    .option('--strict', 'a client that is not there is a failure, not a skip')
    .option('--json <file>', 'writes the results as JSON')
    .option('--record', 'notes what was seen of clients whose every case was run on both brokers, for docs/clients.md')
    .parse()
    .opts<Options>()
}

async function targetsOf({ all, on, bootstrap, killCmd, startCmd }: Options): Promise<Target[]> {
  if (bootstrap !== undefined) {
    return [externalTarget({ bootstrap, killCommand: killCmd, startCommand: startCmd })]
  }
  const wanted = on ?? (all ? 'both' : 'trilog')
  return Promise.all(targetNames.filter((name) => wanted === 'both' || wanted === name).map(startTarget))
}

function lineOf({ outcome, client, case: name, on, seconds, note, varying }: Result): string {
  return `${outcome} ${client} ${name} on ${on} ${seconds.toFixed(1)} s: ${note}${varying === '' ? '' : `; ${varying}`}`
}

function show(results: readonly Result[], differing: readonly string[], started: number): void {
  const table = plainTable(['client', 'version', 'case', 'on', 'result', 's', 'note'], [17, 18, 20, 8, 8, 7, 60])
  for (const { client, version, case: name, on, outcome, seconds, note } of results) {
    table.push([client, version, name, on, outcome, seconds.toFixed(1), note])
  }
  process.stdout.write(`${table.toString()}\n`)
  for (const text of differing) process.stdout.write(`different: ${text}\n`)
  const count = (outcome: Outcome): number => results.filter((result) => result.outcome === outcome).length
  const counts = `${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped, ${count('lacks')} not in the client`
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  process.stdout.write(`${counts}, ${differing.length} different in ${seconds} s\n`)
}
