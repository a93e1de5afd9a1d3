/** `npm run interop`: stock clients against a broker of one; a table of client and case; exit code 1 on any failure. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { cases } from './cases/all.ts'
import type { Case, CaseContext } from './cases/case.ts'
import { runMain } from './child.ts'
import { type ClientProgram, ClientSession } from './client-program.ts'
import { clientPrograms } from './client-programs.ts'
import { externalTarget, startTarget } from './targets/start.ts'
import { type Target, type TargetName, targetNames } from './targets/target.ts'
import { plainTable } from './table.ts'

interface Options {
  target: TargetName
  bootstrap?: string
  killCmd?: string
  startCmd?: string
  client?: string[]
  case?: string[]
  strict?: true
  json?: true
}

interface Result {
  client: string
  version: string
  case: string
  outcome: 'pass' | 'fail' | 'skip'
  /** What was seen, what is wrong, or why it was skipped. */
  note: string
  seconds: number
}

const caseMs = 120_000

await runMain(main)

async function main(): Promise<number> {
  const options = new Command('interop')
    .description('Runs stock Kafka clients against a broker.')
    .addOption(new Option('--target <name>', 'the broker to start').choices(targetNames).default('trilog'))
    .option('--bootstrap <host:port>', 'a broker that runs already, instead of --target')
    .option('--kill-cmd <command>', 'with --bootstrap: kills the broker at once')
    .option('--start-cmd <command>', 'with --bootstrap: starts it again on its data, done when it is ready')
    .addOption(new Option('--client <name...>', 'only these').choices(clientPrograms.map(({ name }) => name)))
    .addOption(new Option('--case <name...>', 'only these').choices(cases.map(({ name }) => name)))
    .option('--strict', 'a client that is not there is a failure, not a skip')
    .option('--json', 'results as JSON on standard output')
    .parse()
    .opts<Options>()
  const { bootstrap } = options
  const started = performance.now()
  const target =
    bootstrap === undefined
      ? await startTarget(options.target)
      : externalTarget({ bootstrap, killCommand: options.killCmd, startCommand: options.startCmd })
  process.stderr.write(`${target.name} at ${target.bootstrap}\n`)
  const results: Result[] = []
  for (const program of clientPrograms) {
    if (options.client?.includes(program.name) ?? true) results.push(...(await runClient(program, target, options)))
  }
  await target.stop()
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
  else show(results, started)
  return results.some(({ outcome }) => outcome === 'fail') ? 1 : 0
}

async function runClient(program: ClientProgram, target: Target, options: Options): Promise<Result[]> {
  const chosen = cases.filter(({ name }) => options.case?.includes(name) ?? true)
  const missing = await program.install()
  if (missing !== null) {
    const outcome = options.strict ? 'fail' : 'skip'
    return chosen.map((each) => ({ ...unrun(program, each), version: '-', outcome, note: missing }))
  }
  const client = new ClientSession(program, target.bootstrap)
  const version = await client.version()
  const results: Result[] = []
  for (const each of chosen) {
    const result = { ...(await runCase(each, contextOf(each, client, target))), version }
    process.stderr.write(
      `${result.outcome} ${program.name} ${each.name} ${result.seconds.toFixed(1)} s: ${result.note}\n`,
    )
    results.push(result)
  }
  return results
}

async function runCase(each: Case, context: CaseContext): Promise<Omit<Result, 'version'>> {
  const base = unrun(context.client.program, each)
  const reason = each.skipReason(context)
  if (reason !== null) return { ...base, outcome: 'skip', note: reason }
  const begin = performance.now()
  const secondsSince = (): number => (performance.now() - begin) / 1000
  const bound = new AbortController()
  try {
    const tooLong = sleep(caseMs, null, { signal: bound.signal }).then(() => {
      throw new Error(`not done after ${caseMs} ms`)
    })
    tooLong.catch(() => {})
    const note = await Promise.race([each.run(context), tooLong])
    return { ...base, outcome: 'pass', note, seconds: secondsSince() }
  } catch (error) {
    return {
      ...base,
      outcome: 'fail',
      note: error instanceof Error ? error.message : String(error),
      seconds: secondsSince(),
    }
  } finally {
    bound.abort()
  }
}

function unrun(program: ClientProgram, each: Case): { client: string; case: string; seconds: number } {
  return { client: program.name, case: each.name, seconds: 0 }
}

function contextOf(each: Case, client: ClientSession, target: Target): CaseContext {
  const topic = `${each.name}-${client.program.name}-${process.pid}-${Date.now()}`
  return {
    client,
    control: target.control,
    topic,
    group: `group-${topic}`,
    createTopic: async (partitions) => (await creatorFor(client)).createTopic(topic, partitions),
    until: async (what, holds, withinMs = 30_000) => {
      const end = performance.now() + withinMs
      while (!holds()) {
        if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what()}`)
        await sleep(20)
      }
    },
  }
}

/** A client that cannot create topics gets them from the first that can. */
async function creatorFor(client: ClientSession): Promise<ClientSession> {
  if (client.program.cannotCreateTopics === null) return client
  for (const program of clientPrograms) {
    if (program.cannotCreateTopics === null && (await program.install()) === null) {
      return new ClientSession(program, client.bootstrap)
    }
  }
  throw new Error('no client is there that creates topics')
}

function show(results: readonly Result[], started: number): void {
  const table = plainTable(['client', 'version', 'case', 'result', 's', 'note'], [17, 22, 20, 8, 7, 60])
  for (const { client, version, case: name, outcome, seconds, note } of results) {
    table.push([client, version, name, outcome, seconds.toFixed(1), note])
  }
  const count = (outcome: Result['outcome']): number => results.filter((result) => result.outcome === outcome).length
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  process.stdout.write(
    `${table.toString()}\n${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped in ${seconds} s\n`,
  )
}
