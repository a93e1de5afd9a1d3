import { type BrokerFolder, ClusterFolder } from './cluster-folder.ts'
import { choosePorts, refuseOthers, type WantedCluster } from './cluster-ports.ts'
import { CommandFailed } from './command-failed.ts'
import { killBrokerProcess, stopBrokerProcess } from './end-broker-process.ts'
import { readyLine } from './ready-line.ts'
import { type StartedBroker, startBrokerProcess } from './start-broker-process.ts'
import { stopSignals } from './stop-signals.ts'

/** How long a broker that somebody else started may take until it answers. */
const reachTimeoutMs = 60_000

/** Runs the cluster of a folder; see `trilog up --help`. Resolves at once when detached, else when it was stopped. */
export async function up(wanted: WantedCluster & { readonly data: string; readonly detach: boolean }): Promise<void> {
  const folder = new ClusterFolder(wanted.data)
  let plan = await folder.plan()
  if (plan === null) plan = await choosePorts(wanted, say)
  else refuseOthers(plan, wanted, folder.path)
  await folder.make(plan)
  const brokers = plan.brokers.map((_ports, index) => folder.broker(index + 1))
  const started: StartedBroker[] = []
  const lines: string[] = []
  // From here on Ctrl-C means a clean stop, also of a broker that is just starting: it ends with this process.
  const stopWanted = wanted.detach ? null : stopSignals()
  for (const broker of brokers) {
    if (broker.pid.running() !== null) {
      lines.push(await reachRunning(broker))
      continue
    }
    const one = await startBrokerProcess(broker, wanted.detach)
    started.push(one)
    lines.push(one.ready)
  }
  process.stdout.write(`${merged(lines)}\n`)
  if (stopWanted === null) {
    for (const broker of started) broker.letGo()
    return
  }
  if (started.length === 0) return
  say(`Data and broker.log are in ${folder.path}. Ctrl-C stops.`)
  await untilStopped(started, brokers, stopWanted)
}

async function untilStopped(
  started: readonly StartedBroker[],
  folders: readonly BrokerFolder[],
  stopWanted: Promise<string>,
): Promise<void> {
  const ends = started.map(async (broker) => ({ broker, code: await broker.ended }))
  const first = await Promise.race([stopWanted, Promise.all(ends)])
  if (typeof first !== 'string') {
    const failed = first.find(({ code }) => code !== 0)
    if (failed === undefined) return
    const how = failed.code === null ? 'was killed' : `ended with code ${failed.code}`
    const log = folders.find((folder) => folder.id === failed.broker.id)?.log
    throw new CommandFailed(`Broker ${failed.broker.id} ${how}: see ${log}.`)
  }
  const mine = new Set(started.map((broker) => broker.id))
  await Promise.all(folders.filter((folder) => mine.has(folder.id)).map((folder) => stopBrokerProcess(folder)))
  await Promise.all(ends)
}

/** Stops all brokers of a folder. */
export async function down(data: string): Promise<void> {
  const folder = new ClusterFolder(data)
  const plan = await folder.existingPlan()
  await Promise.all(
    plan.brokers.map(async (_ports, index) => {
      const broker = folder.broker(index + 1)
      const stopped = await stopBrokerProcess(broker)
      say(stopped ? `Broker ${broker.id} stopped.` : `Broker ${broker.id} was not running.`)
    }),
  )
}

/** Starts one broker of a folder, which goes on by itself. */
export async function startOne(data: string, id: number): Promise<void> {
  const broker = await brokerOf(data, id)
  if (broker.pid.running() !== null) {
    process.stdout.write(`${await reachRunning(broker)}\n`)
    return
  }
  const started = await startBrokerProcess(broker, true)
  process.stdout.write(`${started.ready}\n`)
  started.letGo()
}

/** Stops one broker of a folder cleanly, or at once. */
export async function endOne(data: string, id: number, how: 'stop' | 'kill'): Promise<void> {
  const broker = await brokerOf(data, id)
  const ended = how === 'stop' ? await stopBrokerProcess(broker) : await killBrokerProcess(broker)
  say(ended ? `Broker ${id} ${how === 'stop' ? 'stopped' : 'was killed'}.` : `Broker ${id} was not running.`)
}

async function brokerOf(data: string, id: number): Promise<BrokerFolder> {
  const folder = new ClusterFolder(data)
  const plan = await folder.existingPlan()
  if (id > plan.brokers.length) {
    throw new CommandFailed(`${folder.path} has no broker ${id}: its last one is ${plan.brokers.length}.`)
  }
  return folder.broker(id)
}

async function reachRunning(broker: BrokerFolder): Promise<string> {
  // Loaded only here: most starts need neither.
  const [{ brokerConfigIn }, { reachBroker }] = await Promise.all([
    import('./broker-config-file.ts'),
    import('./reach-broker.ts'),
  ])
  const config = await brokerConfigIn(broker.config)
  const kafka = config.listeners[0] as { host: string; port: number }
  await reachBroker(kafka, reachTimeoutMs)
  return readyLine([{ kafka, http: config.httpPort < 0 ? null : { host: config.httpHost, port: config.httpPort } }])
}

/** One ready line of many: `ready kafka=A,B http=C,D`. */
function merged(lines: readonly string[]): string {
  const parts = (key: string) => lines.flatMap((line) => new RegExp(` ${key}=(\\S+)`).exec(line)?.[1] ?? [])
  const http = parts('http')
  return `ready kafka=${parts('kafka').join(',')}${http.length === 0 ? '' : ` http=${http.join(',')}`}`
}

/** To people; stdout is for the ready line. */
function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
