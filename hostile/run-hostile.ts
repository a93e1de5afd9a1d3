import { parseArgs } from 'node:util'
import { feedTarget } from './campaign.ts'
import { findingText } from './finding.ts'
import { planted } from './planted/all.ts'
import { targets } from './targets/all.ts'

const usage = `usage: npm run hostile -- [--inputs N] [--seed S] [--target NAME]   N inputs (10000) in all, from seed S (1)
       npm run hostile -- --planted [--seed S]                        planted mistakes, each of which must be found
targets: ${targets.map(({ name }) => name).join(', ')}`

/** Enough for the rarest of the planted mistakes. */
const inputsForPlanted = 2_000
/** What hangs for ever on purpose need not be waited for as long as what may only be slow. */
const plantedHangMs = 6_000

interface Asked {
  readonly inputs: number
  readonly seed: number
  readonly target: string | null
  readonly planted: boolean
}

/** The exit code: 0 nothing found (or, of planted mistakes, all), 2 wrong usage, 3 a finding. */
export async function runHostile(args: readonly string[]): Promise<0 | 2 | 3> {
  const asked = askedFor(args)
  if (asked === null) {
    process.stderr.write(`${usage}\n`)
    return 2
  }
  return asked.planted ? findPlanted(asked.seed) : findNothing(asked)
}

async function findNothing({ inputs, seed, target }: Asked): Promise<0 | 3> {
  let fed = 0
  let found = 0
  for (const [name, count] of target === null ? shares(inputs) : [[target, inputs] as const]) {
    const outcome = await feedTarget(name, { seed, inputs: count })
    fed += outcome.inputs
    if (outcome.finding !== null) found++
    say(
      `${outcome.finding === null ? 'ok  ' : 'FAIL'} ${name.padEnd(16)} ${String(outcome.inputs).padStart(7)} inputs  ${outcome.seconds.toFixed(1).padStart(6)} s`,
    )
    if (outcome.finding !== null) say(findingText(outcome.finding))
  }
  say(
    `${fed} inputs from seed ${seed}: ${found === 0 ? 'no crash, no hang, no memory beyond what is allowed, nothing wrong' : `${found} findings`}`,
  )
  return found === 0 ? 0 : 3
}

async function findPlanted(seed: number): Promise<0 | 3> {
  let missed = 0
  for (const { target, about, finds } of planted) {
    const { finding, inputs } = await feedTarget(target.name, { seed, inputs: inputsForPlanted, hangMs: plantedHangMs })
    const found = finding?.kind === finds
    if (!found) missed++
    const what = found
      ? `${finds}, after ${inputs} inputs`
      : `${finding === null ? 'nothing' : finding.kind}, not ${finds}`
    say(`${found ? 'ok  ' : 'FAIL'} ${target.name.padEnd(16)} ${about}: ${what}`)
    if (!found && finding !== null) say(findingText(finding))
  }
  return missed === 0 ? 0 : 3
}

/** Inputs of each target by its share, at least one. */
export function shares(inputs: number): [name: string, inputs: number][] {
  const all = targets.reduce((sum, { share }) => sum + share, 0)
  return targets.map(({ name, share }) => [name, Math.max(1, Math.ceil((inputs * share) / all))])
}

function askedFor(args: readonly string[]): Asked | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        inputs: { type: 'string', default: '10000' },
        seed: { type: 'string', default: '1' },
        target: { type: 'string' },
        planted: { type: 'boolean', default: false },
      },
    })
    const { inputs, seed, target = null } = values
    const known = [...targets, ...planted.map((each) => each.target)].some(({ name }) => name === target)
    if (![inputs, seed].every((text) => /^\d{1,9}$/.test(text)) || (target !== null && !known)) return null
    return { inputs: Number(inputs), seed: Number(seed), target, planted: values.planted }
  } catch {
    return null
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
