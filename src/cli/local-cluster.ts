import { ClusterFolder } from './cluster-folder.ts'
import { choosePorts, refuseOthers, type WantedCluster } from './cluster-ports.ts'
import { CommandFailed, sentenceOf } from './command-failed.ts'
import { killNodeProcess, stopNodeProcess } from './end-node-process.ts'
import type { NodeFolder } from './node-folder.ts'
import { mergedReadyLine } from './ready-line.ts'
import type { NodeProcess } from './start-node-process.ts'
import { startNodes } from './start-nodes.ts'
import { stopSignals } from './stop-signals.ts'

export interface UpWanted extends WantedCluster {
  readonly data: string
  readonly detach: boolean
  /** For somebody who tries it: three brokers unless a number is given or the folder has another, and topics. */
  readonly demo: boolean
}

const demoBrokers = 3

/** Runs the cluster of a folder; see `trilog up --help`. Resolves at once when detached, else when it was stopped. */
export async function up(wanted: UpWanted): Promise<void> {
  const folder = new ClusterFolder(wanted.data)
  let plan = await folder.plan()
  if (plan === null) plan = await choosePorts(wanted.demo ? { brokers: demoBrokers, ...wanted } : wanted, say)
  else refuseOthers(plan, wanted, folder.path)
  // From here on Ctrl-C means a clean stop, also of nodes that are just starting.
  const stopWanted = stopSignals()
  await folder.make(plan)
  const { processes, lines } = await startNodes(folder.nodes(plan), { detached: wanted.detach, stopWanted })
  const ready = mergedReadyLine(lines)
  if (wanted.demo) await demo(ready)
  process.stdout.write(`${ready}\n`)
  if (wanted.detach) {
    for (const node of processes) node.letGo()
    return
  }
  if (processes.length === 0) return
  say(`Data and logs are in ${folder.path}. Ctrl-C stops.`)
  await untilStopped(processes, stopWanted)
}

/** The cluster is of use without its topics. */
async function demo(ready: string): Promise<void> {
  const { makeDemoTopics } = await import('./demo-topics.ts')
  const kafka = / kafka=(\S+)/.exec(ready)?.[1] ?? ''
  await makeDemoTopics(kafka).catch((error: unknown) => say(`No topics were made: ${sentenceOf(error)}`))
}

/** Resolves when all nodes that were started are gone; rejects when one of them did not end well. */
async function untilStopped(processes: readonly NodeProcess[], stopWanted: Promise<string>): Promise<void> {
  let failure: string | null = null
  const ends = processes.map(async ({ folder, ended }) => {
    const code = await ended
    if (code === 0) return
    const how = code === null ? 'was killed' : `ended with code ${code}`
    const sentence = `${folder.name} ${how}: see ${folder.log}.`
    failure ??= sentence
    // The others go on: it can be started again.
    if (processes.length > 1) say(sentence)
  })
  const wantsStop = await Promise.race([stopWanted.then(() => true), Promise.all(ends).then(() => false)])
  if (wantsStop) return stopNodes(processes.map(({ folder }) => folder))
  if (failure !== null) throw new CommandFailed(failure)
}

/** Controllers last: without them brokers cannot hand over what they lead. */
async function stopNodes(nodes: readonly NodeFolder[], told: (node: NodeFolder, stopped: boolean) => void = () => {}) {
  for (const kind of ['broker', 'controller']) {
    const some = nodes.filter((node) => node.kind === kind)
    await Promise.all(some.map(async (node) => told(node, await stopNodeProcess(node))))
  }
}

/** Stops all nodes of a folder. */
export async function down(data: string): Promise<void> {
  const folder = new ClusterFolder(data)
  const plan = await folder.existingPlan()
  await stopNodes(folder.nodes(plan), ({ name }, stopped) => say(`${name} ${stopped ? 'stopped' : 'was not running'}.`))
}

/** Starts one node of a folder, which goes on by itself. */
export async function startOne(data: string, id: number): Promise<void> {
  const node = await nodeOf(data, id)
  const { processes, lines } = await startNodes([node], { detached: true, stopWanted: stopSignals() })
  process.stdout.write(`${lines[0]}\n`)
  for (const started of processes) started.letGo()
}

/** Stops one node of a folder cleanly, or at once. */
export async function endOne(data: string, id: number, how: 'stop' | 'kill'): Promise<void> {
  const node = await nodeOf(data, id)
  const ended = how === 'stop' ? await stopNodeProcess(node) : await killNodeProcess(node)
  say(ended ? `${node.name} ${how === 'stop' ? 'stopped' : 'was killed'}.` : `${node.name} was not running.`)
}

async function nodeOf(data: string, id: number): Promise<NodeFolder> {
  const folder = new ClusterFolder(data)
  const nodes = folder.nodes(await folder.existingPlan())
  const node = nodes.find((one) => one.id === id)
  if (node !== undefined) return node
  throw new CommandFailed(`${folder.path} has no node ${id}: it has ${nodes.map((one) => one.id).join(', ')}.`)
}

/** To people; stdout is for the ready line. */
function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
