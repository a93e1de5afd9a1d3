import { setTimeout as sleep } from 'node:timers/promises'
import type { Case, CaseContext } from './cases/case.ts'
import { partitionsOf } from './cases/partitions-of.ts'
import { failureText } from './child.ts'
import { type ClientProgram, ClientSession } from './client-program.ts'
import { clientPrograms } from './programs/all.ts'
import type { Result } from './result.ts'
import type { Target } from './targets/target.ts'

const caseMs = 120_000
const noteCharacters = 400

/**
 * Runs the cases with one client, each against all targets at once, and reports each result as it comes. A client that
 * cannot be readied is skipped, or fails when `strict`.
 */
export async function runClient(
  program: ClientProgram,
  run: { cases: readonly Case[]; targets: readonly Target[]; strict: boolean; report: (result: Result) => void },
): Promise<void> {
  const missing = await program.install()
  if (missing !== null) {
    const outcome = run.strict ? 'fail' : 'skip'
    for (const each of run.cases) {
      for (const { name: on } of run.targets) run.report({ ...unrun(program, each, on), outcome, note: missing })
    }
    return
  }
  const sessions = run.targets.map((target) => ({ target, client: new ClientSession(program, target.bootstrap) }))
  const version = (await sessions[0]?.client.version()) ?? '-'
  for (const each of run.cases) {
    const results = await Promise.all(
      sessions.map(({ target, client }) => runCase(each, contextOf(each, client, target), target.name)),
    )
    for (const result of results) run.report({ ...result, version, note: result.note.slice(0, noteCharacters) })
  }
}

async function runCase(each: Case, context: CaseContext, on: string): Promise<Result> {
  const { program } = context.client
  const base = unrun(program, each, on)
  const lacks = program.lacks[each.name]
  if (lacks !== undefined) return { ...base, outcome: 'lacks', note: lacks }
  const reason = each.skipReason?.(context) ?? null
  if (reason !== null) return { ...base, outcome: 'skip', note: reason }
  const begin = performance.now()
  const secondsSince = (): number => (performance.now() - begin) / 1000
  const bound = new AbortController()
  try {
    const tooLong = sleep(caseMs, null, { signal: bound.signal }).then(() => {
      throw new Error(`not done after ${caseMs} ms`)
    })
    tooLong.catch(() => {})
    const { facts, varying } = await Promise.race([each.run(context), tooLong])
    return { ...base, outcome: 'pass', note: facts, varying: varying ?? '', seconds: secondsSince() }
  } catch (error) {
    return { ...base, outcome: 'fail', note: failureText(error), seconds: secondsSince() }
  } finally {
    bound.abort()
  }
}

function unrun(program: ClientProgram, each: Case, on: string): Omit<Result, 'outcome' | 'note'> {
  return { client: program.name, version: '-', case: each.name, on, varying: '', seconds: 0 }
}

function contextOf(each: Case, client: ClientSession, target: Target): CaseContext {
  const topic = `${each.name}-${client.program.name}-${process.pid}-${Date.now()}`
  return {
    client,
    control: target.control,
    topic,
    group: `group-${topic}`,
    createTopic: async (partitions, config) => {
      const creator = await creatorFor(client)
      await creator.createTopic(topic, partitions, config)
      if (!target.createsLater) return
      const shown = async (): Promise<boolean> => (await partitionsOf(creator, topic)).length === partitions
      await until(() => `${topic} is shown`, shown)
    },
    until,
  }
}

async function until(what: () => string, holds: () => boolean | Promise<boolean>, withinMs = 30_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what()}`)
    await sleep(20)
  }
}

/** A client that cannot create topics gets them from the first that can. */
async function creatorFor(client: ClientSession): Promise<ClientSession> {
  if (client.program.lacks.admin === undefined) return client
  for (const program of clientPrograms) {
    if (program.lacks.admin === undefined && (await program.install()) === null) {
      return new ClientSession(program, client.bootstrap)
    }
  }
  throw new Error('no client is there that creates topics')
}
