// The kcat side of the interop matrix: each command as kcat can do it. Commands and lines: interop/client-program.ts.
// kcat has no admin commands, sets headers per run (not per record) and reports no acknowledgements.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { inputRecords, number, options, print, printRecord, runCommand, toldToLeave } from '../lines.mjs'

const commands = { version, describe, 'offsets-for-time': offsetsForTime, produce, consume, group }

function kcat(args) {
  const child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  process.once('SIGTERM', () => child.kill('SIGTERM'))
  child.stdin.on('error', () => {})
  child.errors = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    child.errors += text
    process.stderr.write(text)
  })
  return child
}

async function ended(child) {
  const [code] = await once(child, 'close')
  if (code === 0) return
  const error = new Error(`kcat ended with ${code}: ${child.errors.slice(-300)}`)
  error.name = child.errors.match(/Delivery failed for message: (?:Broker: )?(.*)/)?.[1] ?? 'Error'
  throw error
}

async function textOf(args) {
  const child = kcat(args)
  child.stdin.end()
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part))
  await ended(child)
  return text
}

async function version() {
  const [, own, library] = (await textOf(['-V'])).match(/Version (\S+).*librdkafka (\S+)/)
  print('version', `${own} (librdkafka ${library})`)
}

async function partitions() {
  const { topics } = JSON.parse(await textOf(['-b', options.bootstrap, '-L', '-J', '-t', options.topic]))
  return topics[0].partitions
}

async function describe() {
  for (const { partition, leader } of await partitions()) print('partition', partition, leader)
}

async function offsetsForTime() {
  const wanted = (await partitions()).flatMap(({ partition }) => [
    '-t',
    `${options.topic}:${partition}:${options.timestamp}`,
  ])
  const text = await textOf(['-b', options.bootstrap, '-Q', ...wanted])
  for (const [, partition, offset] of text.matchAll(/\[(\d+)\] offset (-?\d+)/g)) print('offset', partition, offset)
}

// Records with the same headers share one run of kcat; the records go to it as they arrive.
async function produce() {
  const base = ['-b', options.bootstrap, '-P', '-t', options.topic, '-K', '\t', '-X', 'reconnect.backoff.max.ms=200']
  // Without -E kcat ends as soon as it has lost its only broker.
  if (options.idempotent) base.push('-E', '-X', 'enable.idempotence=true')
  if (options.compression) base.push('-z', options.compression)
  if (options.acks) base.push('-X', `acks=${options.acks}`)
  let current = null
  let sent = 0
  const finish = async () => {
    if (current === null) return
    current.child.stdin.end()
    await current.done
    print('sent', sent)
  }
  for await (const records of inputRecords(1)) {
    const [{ key, value, headers }] = records
    // With -Z what is empty is sent as null.
    const more = headers.flatMap(([name, content]) => ['-H', `${name}=${content}`])
    if (key === null || value === null) more.push('-Z')
    if (current === null || current.more.join('\t') !== more.join('\t')) {
      await finish()
      const child = kcat([...base, ...more])
      current = { more, child, done: ended(child) }
      current.done.catch(() => {})
    }
    current.child.stdin.write(`${key ?? ''}\t${value ?? ''}\n`)
    sent++
    if (options.idempotent && sent % 50 === 0) print('sent', sent)
  }
  await finish()
}

function show(line) {
  const { partition, offset, ts, key, payload, headers = [] } = JSON.parse(line)
  const pairs = headers.flatMap((name, i) => (i % 2 === 0 ? [[name, headers[i + 1]]] : []))
  printRecord(partition, offset, ts, key, payload, pairs)
}

async function consume() {
  const from = options['from-time']
  await readFrom(from === undefined ? 'beginning' : `s@${from}`)
  // kcat cannot seek while it runs.
  if (options['again-from'] !== undefined) await readFrom(options['again-from'])
}

async function readFrom(start) {
  const limit = options['fetch-max'] === undefined ? [] : ['-X', `max.partition.fetch.bytes=${options['fetch-max']}`]
  const child = kcat(['-b', options.bootstrap, '-C', '-J', '-q', '-e', '-t', options.topic, '-o', start, ...limit])
  child.stdin.end()
  createInterface({ input: child.stdout }).on('line', show)
  await ended(child)
}

async function group() {
  const settings = {
    'auto.offset.reset': 'earliest',
    'heartbeat.interval.ms': 300,
    'session.timeout.ms': 20_000,
    'partition.assignment.strategy': options.assignor === 'cooperative' ? 'cooperative-sticky' : 'range',
    ...(options.instance === undefined ? {} : { 'group.instance.id': options.instance }),
  }
  const args = ['-b', options.bootstrap, '-J', '-u']
  args.push(...Object.entries(settings).flatMap(([name, value]) => ['-X', `${name}=${value}`]))
  if (options['stop-after'] !== undefined) args.push('-c', String(number('stop-after')))
  const child = kcat([...args, '-G', options.group, options.topic])
  createInterface({ input: child.stdout }).on('line', show)
  const held = new Set()
  createInterface({ input: child.stderr }).on('line', (line) => {
    const eager = /rebalanced \(.*\): (assigned|revoked): ?(.*)/
    const incremental = /rebalanced: incremental (\S+) of .*protocol\): ?(.*)/
    const [, kind, names] = line.match(eager) ?? line.match(incremental) ?? []
    if (kind === undefined) return
    const partitions = [...names.matchAll(/\[(\d+)\]/g)].map((match) => match[1])
    const taken = !kind.startsWith('assign')
    for (const partition of partitions) taken ? held.delete(partition) : held.add(partition)
    if (taken) print('revoked', ...partitions)
    else print('assigned', ...held)
  })
  // kcat commits and leaves the group when it is interrupted.
  toldToLeave(() => child.kill('SIGKILL')).then(() => child.kill('SIGINT'))
  await ended(child)
}

await runCommand(commands)
