import { once } from 'node:events'
import { setTimeout as elapsed } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Attack, Ground, Unbounded } from './attack.ts'
import type { AttackWork } from './attack-worker.ts'
import { attacks } from './attacks/all.ts'
import { AttackedBroker } from './attacked-broker.ts'
import type { CrowdCounts } from './crowd.ts'
import { GoodClient, openConnection } from './good-client.ts'
import { makeBig, makeMany, makeTopic } from './ground.ts'
import { allowedMs, heldMostMiB, type Outcome, slower, verdictOf } from './verdict.ts'

const restMs = 2_000
const attackMs = 5_000
/** An attack on a broker without the bound goes on until it is seen to do harm: a busy machine takes its time. */
const plantedAttackMs = 180_000
/** How long what requests and answers hold may take to come back; the wait ends once it is back. */
const recoveryMs = 10_000
const recoveryMostMs = 40_000
const lookMs = 1_000

const usage = `usage: npm run hostile -- --attacks [NAME…]              against a broker as it is by default
       npm run hostile -- --attacks --planted [NAME…]    with its bounds taken away: each must be seen to do harm
attacks: ${attacks.map(({ name }) => name).join(', ')}
`

/** The exit code: 0 nobody was harmed (or, without the bounds, somebody by each), 2 wrong usage, 3 otherwise. */
export async function runAttacks(args: readonly string[]): Promise<0 | 2 | 3> {
  const planted = args[0] === '--planted'
  const names = planted ? args.slice(1) : args
  const chosen = names.length === 0 ? attacks : attacks.filter(({ name }) => names.includes(name))
  if (names.some((name) => attacks.every((attack) => attack.name !== name))) {
    process.stderr.write(usage)
    return 2
  }
  return planted ? seeHarm(chosen) : seeNoHarm(chosen)
}

async function seeNoHarm(chosen: readonly Attack[]): Promise<0 | 3> {
  const harmful = await attackOne(chosen, null)
  const verdict = 'memory stayed within its bounds and came back, and the good client was served'
  say(harmful.length === 0 ? verdict : `these did harm: ${harmful.join(', ')}`)
  return harmful.length === 0 ? 0 : 3
}

/** A broker for each: harm that one has done would be blamed on the next. */
async function seeHarm(chosen: readonly Attack[]): Promise<0 | 3> {
  const harmless: string[] = []
  for (const attack of chosen) {
    const harmful = await attackOne([attack], attack.unbounded)
    if (harmful.length === 0) harmless.push(attack.name)
  }
  say(harmless.length === 0 ? 'without the bounds each did harm' : `no harm was seen from: ${harmless.join(', ')}`)
  return harmless.length === 0 ? 0 : 3
}

/** The names of those that did harm to one broker that they attack one after the other. `unbounded` null: as it is by default. */
async function attackOne(chosen: readonly Attack[], unbounded: Unbounded | null): Promise<string[]> {
  const broker = await AttackedBroker.start(unbounded ?? {})
  const connection = await openConnection(broker.address)
  const big = await makeBig(connection)
  const many = await makeMany(connection)
  const own = await makeTopic(connection, 'own', 1)
  const client = new GoodClient(connection, { own, old: big.id })
  await broker.heldMiB()
  await elapsed(restMs)
  const restMiB = broker.residentMiB()
  const harmful: string[] = []
  try {
    for (const attack of chosen) {
      const ground = { ...broker.address, big, many }
      const outcome = await carryOut(attack, { broker, client, restMiB, ground, planted: unbounded !== null })
      const wrong = verdictOf(outcome)
      if (wrong.length > 0) harmful.push(attack.name)
      say(textOf(outcome, wrong))
      if (!outcome.running) break
    }
  } finally {
    // Whatever has gone wrong: a broker that is left behind would keep this process as well.
    await client.end()
    await broker.end()
  }
  return harmful
}

async function carryOut(
  attack: Attack,
  place: {
    broker: AttackedBroker
    client: GoodClient
    restMiB: number
    ground: Ground
    planted: boolean
  },
): Promise<Outcome> {
  const { broker, client, restMiB, ground, planted } = place
  broker.takeMostMiB()
  client.take()
  broker.takeBusyTimes()
  const work: AttackWork = { name: attack.name, ground }
  const worker = new Worker(new URL('./attack-worker.js', import.meta.url), { workerData: work })
  await elapsed(attackMs)
  if (planted) await untilHarm(attack, broker, restMiB)
  const during = client.take()
  const busyDuring = broker.takeBusyTimes()
  worker.postMessage('end')
  const [crowd] = (await once(worker, 'message')) as [CrowdCounts]
  await worker.terminate()
  const mostMiB = broker.takeMostMiB()
  await elapsed(lookMs)
  client.take()
  broker.takeBusyTimes()
  const until = performance.now() + Math.min(recoveryMostMs, recoveryMs * slower(busyDuring))
  let heldMiB: number
  do {
    await elapsed(lookMs)
    heldMiB = await broker.heldMiB()
  } while (broker.running && (heldMiB > heldMostMiB || client.made === 0) && performance.now() < until)
  const afterMiB = broker.residentMiB()
  const { running } = broker
  const after = client.take()
  const busyTimes = { during: busyDuring, after: broker.takeBusyTimes() }
  return { attack, crowd, restMiB, mostMiB, afterMiB, heldMiB, during, after, busyTimes, running }
}

/** Waits until memory has passed the bound, or the broker has ended. */
async function untilHarm(attack: Attack, broker: AttackedBroker, restMiB: number): Promise<void> {
  const until = performance.now() + plantedAttackMs
  while (broker.running && broker.residentMiB() - restMiB <= attack.boundMiB && performance.now() < until) {
    await elapsed(lookMs)
  }
}

function textOf(outcome: Outcome, wrong: readonly string[]): string {
  const { attack, crowd, restMiB, mostMiB, afterMiB, during, after } = outcome
  const allowed = (when: 'during' | 'after'): string => allowedMs(when, outcome).toFixed(0)
  const mib = (bytes: number): string => (bytes / 1_048_576).toFixed(1)
  return [
    `${wrong.length === 0 ? 'ok  ' : 'FAIL'} ${attack.name}: ${attack.about}`,
    `     ${crowd.opened} connections opened, ${crowd.closed} closed by the broker, ${crowd.refused} refused; ${mib(crowd.sentBytes)} MiB sent, ${mib(crowd.readBytes)} MiB read`,
    `     memory: ${restMiB.toFixed(0)} MiB at rest, at most ${mostMiB.toFixed(0)} (+${(mostMiB - restMiB).toFixed(0)}, bound +${attack.boundMiB}), ${afterMiB.toFixed(0)} after`,
    `     good client: ${during.count} round trips during (longest ${during.longestMs.toFixed(0)} ms of ${allowed('during')}), ${after.count} after (longest ${after.longestMs.toFixed(0)} ms of ${allowed('after')})`,
    ...wrong.map((what) => `     ${what}`),
  ].join('\n')
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
