// What the client programs in JavaScript share: options and lines. Commands and lines: interop/client-program.ts.
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const names = ['bootstrap', 'topic', 'partitions', 'config', 'compression', 'acks', 'timestamp', 'from-time']
names.push('again-from', 'fetch-max', 'offset', 'group', 'stop-after', 'assignor', 'instance')

const parsed = parseArgs({
  allowPositionals: true,
  options: {
    ...Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    idempotent: { type: 'boolean' },
  },
})

export const options = parsed.values

/** An option as a number; `otherwise` when it is not given. */
export function number(name, otherwise) {
  return options[name] === undefined ? otherwise : Number(options[name])
}

/** The parts of `--config NAME=VALUE`, or none. */
export function config() {
  return options.config?.split(/=(.*)/s).slice(0, 2)
}

export function print(...fields) {
  process.stdout.write(`${fields.join('\t')}\n`)
}

const fieldOf = (bytes) => (bytes === null || bytes === undefined ? '\\N' : bytes.toString())

/** Headers are pairs of name and content. */
export function printRecord(partition, offset, timestamp, key, value, headers) {
  const pairs = headers.map(([name, content]) => `${name}=${content}`)
  print('record', partition, offset, timestamp, fieldOf(key), fieldOf(value), ...pairs)
}

/** What a line of input says; key and value are text or null, the timestamp is a number or undefined. */
export function readRecord(line) {
  const [timestamp, key, value, ...headers] = line.split('\t')
  return {
    timestamp: timestamp === '' ? undefined : Number(timestamp),
    key: key === '\\N' ? null : key,
    value: value === '\\N' ? null : value,
    headers: headers.map((header) => header.split(/=(.*)/s).slice(0, 2)),
  }
}

/** The records of standard input, in lists of what is there, at most `most` each. */
export async function* inputRecords(most) {
  const waiting = []
  let wake = () => {}
  let ended = false
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      waiting.push(readRecord(line))
      wake()
    })
    .on('close', () => {
      ended = true
      wake()
    })
  while (!ended || waiting.length > 0) {
    if (waiting.length > 0) yield waiting.splice(0, most)
    else await new Promise((resolve) => (wake = resolve))
  }
}

/** Settles when the runner says `leave`; `die` ends the program at once, after `beforeDeath`. */
export function toldToLeave(beforeDeath = () => {}) {
  return new Promise((resolve) => {
    createInterface({ input: process.stdin }).on('line', (line) => {
      if (line === 'leave') resolve()
      if (line !== 'die') return
      beforeDeath()
      process.exit(1)
    })
  })
}

/** Runs the command that was given; an error is told as `nameOf` names it. */
export async function runCommand(commands, nameOf = (error) => error.name) {
  try {
    const command = commands[parsed.positionals[0]]
    if (command === undefined) throw new Error(`no way to do ${parsed.positionals[0]}`)
    await command()
    exit(0)
  } catch (error) {
    print('error', nameOf(error), String(error.message).replaceAll(/\s+/g, ' '))
    exit(1)
  }
}

// Standard output may be a socket, which is written to in the background.
function exit(code) {
  process.stdout.write('', () => process.exit(code))
}
