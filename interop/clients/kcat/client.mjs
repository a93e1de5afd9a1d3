// The kcat side of the interop matrix: each command as kcat can do it. Commands and lines: interop/client-program.ts.
// kcat has no command that creates a topic, sets headers per run (not per record) and reports no acknowledgements.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const string = { type: 'string' }
const { positionals, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    bootstrap: string,
    topic: string,
    partitions: string,
    group: string,
    timestamp: string,
    'from-time': string,
    'stop-after': string,
    compression: string,
    idempotent: { type: 'boolean' },
  },
})

const commands = { version, describe, 'offsets-for-time': offsetsForTime, produce, consume, group }

// Standard output may be a socket, which is written to in the background.
function exit(code) {
  process.stdout.write('', () => process.exit(code))
}

function print(...fields) {
  process.stdout.write(`${fields.join('\t')}\n`)
}

function kcat(args) {
  const child = spawn('kcat', args, { stdio: ['pipe', 'pipe', 'pipe'] })
  process.once('SIGTERM', () => child.kill('SIGTERM'))
  child.stdin.on('error', () => {})
  child.stderr.setEncoding('utf8').on('data', (text) => process.stderr.write(text))
  return child
}

async function ended(child) {
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`kcat ended with ${code}`)
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
  print(
    'version',
    (await textOf(['-V']))
      .match(/Version (\S+).*librdkafka (\S+)/)
      ?.slice(1, 3)
      .join(' (librdkafka ') + ')',
  )
}

async function describe() {
  const { topics } = JSON.parse(await textOf(['-b', options.bootstrap, '-L', '-J', '-t', options.topic]))
  for (const { partition, leader } of topics[0].partitions) print('partition', partition, leader)
}

async function offsetsForTime() {
  const { topics } = JSON.parse(await textOf(['-b', options.bootstrap, '-L', '-J', '-t', options.topic]))
  const wanted = topics[0].partitions.flatMap(({ partition }) => [
    '-t',
    `${options.topic}:${partition}:${options.timestamp}`,
  ])
  const text = await textOf(['-b', options.bootstrap, '-Q', ...wanted])
  for (const [, partition, offset] of text.matchAll(/\[(\d+)\] offset (-?\d+)/g)) print('offset', partition, offset)
}

// Records with the same headers share one run of kcat; the records go to it as they arrive.
async function produce() {
  const args = ['-b', options.bootstrap, '-P', '-t', options.topic, '-K', '\t', '-X', 'reconnect.backoff.max.ms=200']
  // Without -E kcat ends as soon as it has lost its only broker.
  if (options.idempotent) args.push('-E', '-X', 'enable.idempotence=true')
  if (options.compression) args.push('-z', options.compression)
  let current = null
  let sent = 0
  const finish = async () => {
    if (current === null) return
    current.child.stdin.end()
    await current.done
    print('sent', sent)
  }
  for await (const line of createInterface({ input: process.stdin })) {
    const [key, value, ...headers] = line.split('\t')
    const names = headers.join('\t')
    if (current?.names !== names) {
      await finish()
      const child = kcat([...args, ...headers.flatMap((header) => ['-H', header])])
      current = { names, child, done: ended(child) }
      current.done.catch(() => {})
    }
    current.child.stdin.write(`${key}\t${value}\n`)
    sent++
    if (options.idempotent && sent % 50 === 0) print('sent', sent)
  }
  await finish()
}

function printRecord(line) {
  const { partition, offset, ts, key, payload, headers = [] } = JSON.parse(line)
  const pairs = []
  for (let i = 0; i < headers.length; i += 2) pairs.push(`${headers[i]}=${headers[i + 1]}`)
  print('record', partition, offset, ts, key, payload, ...pairs)
}

async function consume() {
  const from = options['from-time']
  const start = from === undefined ? 'beginning' : `s@${from}`
  const child = kcat(['-b', options.bootstrap, '-C', '-J', '-q', '-e', '-t', options.topic, '-o', start])
  child.stdin.end()
  createInterface({ input: child.stdout }).on('line', printRecord)
  await ended(child)
}

async function group() {
  const args = [
    '-b',
    options.bootstrap,
    '-J',
    '-u',
    '-X',
    'auto.offset.reset=earliest',
    '-X',
    'heartbeat.interval.ms=300',
  ]
  args.push('-X', 'session.timeout.ms=10000')
  if (options['stop-after'] !== undefined) args.push('-c', options['stop-after'])
  const child = kcat([...args, '-G', options.group, options.topic])
  createInterface({ input: child.stdout }).on('line', printRecord)
  createInterface({ input: child.stderr }).on('line', (line) => {
    const names = line.match(/rebalanced .*: assigned: (.*)/)?.[1]
    if (names !== undefined) print('assigned', ...[...names.matchAll(/\[(\d+)\]/g)].map((match) => match[1]))
  })
  // kcat commits and leaves the group when it is interrupted.
  createInterface({ input: process.stdin }).on('line', (line) => line === 'leave' && child.kill('SIGINT'))
  await ended(child)
}

try {
  const command = commands[positionals[0]]
  if (command === undefined) throw new Error(`kcat has no way to do ${positionals[0]}`)
  await command()
  exit(0)
} catch (error) {
  print('error', error.name, error.message)
  exit(1)
}
