// What the demo's producer and consumer share: a stock kafkajs client, and lines of tab-separated fields on standard output.
import kafkajs from 'kafkajs'

/** A client that stays on its feet while the broker is away. */
export function connect(bootstrap) {
  return new kafkajs.Kafka({
    clientId: 'demo',
    brokers: [bootstrap],
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 200 },
    logLevel: kafkajs.logLevel.NOTHING,
  })
}

export function print(...fields) {
  process.stdout.write(`${fields.join('\t')}\n`)
}

/** Runs the program; ends only when all output is written. */
export async function main(program) {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'
  try {
    await program()
    process.stdout.write('', () => process.exit(0))
  } catch (error) {
    process.stderr.write(`${error.stack}\n`)
    process.stdout.write('', () => process.exit(1))
  }
}
