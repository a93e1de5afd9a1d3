import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Api, RequestInputOf, ResponseOf } from '../../src/codec/api.ts'
import { brokerSettings } from '../../src/config/broker-settings.ts'
import { parseBrokerConfig } from '../../src/config/broker-config.ts'
import { topicSettings } from '../../src/config/topic-settings.ts'
import { apis } from '../../src/kafka/schema/registry.ts'
import { openNodeRuntime } from '../../src/runtime/node/node-runtime.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { RawConnection } from '../../src/server/broker-fixture.ts'
import { kafkaCalls } from '../../src/server/kafka-calls-fixture.ts'
import { type KafkaCall, Known, prepare } from '../../src/server/kafka-call-fixture.ts'
import { startBroker } from '../../src/server/start-broker.ts'

/**
 * Makes the same calls, in every version, to real Kafka (HOST:PORT as the first argument, a fresh cluster of one broker with node id 1)
 * and to a Trilog broker that is started here, and prints where the answers differ. Ids, times, places and texts may.
 * Exit code 3: they differ.
 */
const answerWithinMs = 3_000

type Answers = ReadonlyMap<string, unknown>

async function answersOf(runtime: Runtime, at: { host: string; port: number }): Promise<Answers> {
  const known = new Known()
  let connection: RawConnection | null = null
  const ask = async <A extends Api>(api: A, version: number, body: RequestInputOf<A>): Promise<ResponseOf<A>> => {
    if (connection === null || connection.closed) connection = new RawConnection(await runtime.network.connect(at))
    const asked = connection
    return inTime(asked.request(api, version, body), () => asked.close())
  }
  await prepare(known, async (api, version, body) => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return ask(api, version, body)
  })
  const answers = new Map<string, unknown>()
  for (const call of kafkaCalls) {
    for (let version = call.versions[0]; version <= call.versions[1]; version++) {
      answers.set(nameOf(call, version), await answerTo(call, version, { known, ask }))
    }
  }
  ;(connection as RawConnection | null)?.close()
  return answers
}

const nameOf = ({ api, name }: KafkaCall, version: number): string => `${api.name} ${version}: ${name}`

async function answerTo(
  { api, body }: KafkaCall,
  version: number,
  asker: { known: Known; ask: (api: Api, version: number, body: RequestInputOf<Api>) => Promise<ResponseOf<Api>> },
): Promise<unknown> {
  try {
    return comparable(await asker.ask(api, version, body(asker.known, version)), '')
  } catch (error) {
    return error instanceof Error ? error.message : error
  }
}

async function inTime<T>(answer: Promise<T>, giveUp: () => void): Promise<T> {
  const timer = setTimeout(giveUp, answerWithinMs)
  try {
    return await answer
  } finally {
    clearTimeout(timer)
  }
}

/** Fields whose values are each broker's own: only whether they are set counts. */
const own = new Map<string, (value: unknown) => unknown>([
  ['host', () => 'HOST'],
  ['port', () => 'PORT'],
  ['clusterId', (value) => (value === null ? null : 'ID')],
  ['topicId', (value) => (value === 'AAAAAAAAAAAAAAAAAAAAAA' ? 'none' : 'ID')],
  ['replicaDirectoryId', (value) => (value === 'AAAAAAAAAAAAAAAAAAAAAA' ? 'none' : 'ID')],
  ['producerId', (value) => (Number(value) < 0 ? value : 'ID')],
  ['documentation', (value) => (value === null ? null : 'TEXT')],
  ['batchIndexErrorMessage', (value) => (value === null ? null : 'TEXT')],
  ['logAppendTimeMs', (value) => (Number(value) < 0 ? value : 'TIME')],
  ['lastFetchTimestamp', (value) => (Number(value) < 0 ? value : 'TIME')],
  ['lastCaughtUpTimestamp', (value) => (Number(value) < 0 ? value : 'TIME')],
  ['lastTimestamp', (value) => (Number(value) < 0 ? value : 'TIME')],
  ['logDir', () => 'PATH'],
  ['usableBytes', () => 'BYTES'],
  ['sessionId', (value) => (value === 0 ? 0 : 'ID')],
])

/** The answer in a form in which equal means the same to a client. */
function comparable(value: unknown, name: string): unknown {
  const mask = own.get(name)
  if (mask !== undefined) return mask(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return comparableList(value.map((each) => comparable(each, '')))
  if (typeof value === 'bigint') return `${value}`
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([field, content]) => [field, comparable(content, field)])
  const fields: Record<string, unknown> = Object.fromEntries(entries)
  // Of an error the code counts; whether there is a text beside it is each broker's own affair.
  if (typeof fields['errorCode'] === 'number' && fields['errorCode'] !== 0 && 'errorMessage' in fields) {
    fields['errorMessage'] = 'ANY'
  }
  return fields
}

/** Lists whose order means nothing, by the field that tells their elements apart; of the APIs only those that both serve. */
const unordered = ['groupId', 'partitionIndex', 'apiKey', 'resourceName'] as const
const settingsKnown = new Set([...Object.keys(brokerSettings), ...Object.keys(topicSettings)])
const served = new Set(apis.map(({ key }) => key))

function comparableList(list: readonly unknown[]): unknown {
  if (!list.every((each) => typeof each === 'object' && each !== null)) return list
  const elements = list as Record<string, unknown>[]
  if (elements.some((each) => 'apiKey' in each)) {
    return Object.fromEntries(
      elements.filter((each) => served.has(Number(each['apiKey']))).map((each) => [each['apiKey'], each]),
    )
  }
  // Settings: those that only one of both has are listed in the page about differences.
  if (elements.some((each) => 'isSensitive' in each)) {
    return Object.fromEntries(
      elements.filter((each) => settingsKnown.has(`${each['name']}`)).map((each) => [each['name'], each]),
    )
  }
  const key = unordered.find((field) => elements.some((each) => field in each))
  if (key === undefined) return elements
  return [...elements].sort((a, b) => `${a[key]}`.localeCompare(`${b[key]}`))
}

/** Differences that are meant, with the reason; the page docs/kafka-differences.md tells more of them. */
const allowed: readonly { readonly call: RegExp; readonly path: RegExp; readonly why: string }[] = [
  { call: /^Produce .*/, path: /logStartOffset$/, why: 'of a refused batch Trilog never says where the log starts' },
  {
    call: /^Produce (?!.*: compacted)/,
    path: /recordErrors/,
    why: 'records are not looked into, so none can be named',
  },
  { call: /^Produce .*: transactional id/, path: /./, why: 'transactions are not served; clients must stop at once' },
  { call: /./, path: /\/replication\.scheme$/, why: 'a setting of its own' },
  { call: /./, path: /\/min\.insync\.replicas/, why: 'Kafka sets it for the cluster when it formats (KIP-966)' },
  {
    call: /./,
    path: /(configSource|\/synonyms\/.*|retention\.ms\/value)$/,
    why: 'the reference is given settings in its file',
  },
  {
    call: /^DeleteTopics 6: (by name and by id|one name twice)/,
    path: /./,
    why: 'refused by both, told in another shape',
  },
  { call: /^ApiVersions/, path: /eatures/, why: 'there are no feature levels' },
  { call: /^Metadata .*: a topic made by asking/, path: /./, why: 'a topic is told at once when it has been made' },
  { call: /^Metadata .*: neither name nor id/, path: /./, why: 'a refusal instead of an unknown server error' },
  {
    call: /^DescribeQuorum/,
    path: /(highWatermark|logEndOffset|nodes\/0)$/,
    why: "the metadata log is each one's own",
  },
  {
    call: /^IncrementalAlterConfigs .*: an operation that is none/,
    path: /./,
    why: 'a refusal instead of an unknown server error',
  },
  {
    call: /^IncrementalAlterConfigs .*: what a broker cannot change/,
    path: /./,
    why: 'INVALID_CONFIG tells it from a request that cannot be read',
  },
  { call: /^ListConfigResources .*: broker loggers/, path: /./, why: 'loggers have no settings' },
]

const isAllowed = (call: string, path: string): boolean =>
  allowed.some((each) => each.call.test(call) && each.path.test(path))

/** Paths at which two answers differ, with both values. */
function* differences(kafka: unknown, trilog: unknown, path = ''): Iterable<{ path: string; text: string }> {
  const bothObjects = typeof kafka === 'object' && typeof trilog === 'object' && kafka !== null && trilog !== null
  if (!bothObjects) {
    if (kafka !== trilog)
      yield { path, text: `${path}: Kafka ${JSON.stringify(kafka)}, Trilog ${JSON.stringify(trilog)}` }
    return
  }
  const fields = new Set([...Object.keys(kafka), ...Object.keys(trilog)])
  for (const field of fields) {
    const sides = [kafka, trilog].map((side) => (side as Record<string, unknown>)[field])
    yield* differences(sides[0], sides[1], `${path}/${field}`)
  }
}

async function main([bootstrap]: string[]): Promise<number> {
  const [host = '', port = ''] = bootstrap?.split(':') ?? []
  if (bootstrap === undefined) throw new Error('which Kafka? Give its HOST:PORT')
  const runtime = await openNodeRuntime({ log: { level: 'silent' } })
  const folder = await mkdtemp(join(tmpdir(), 'trilog-compare-'))
  const settings = { 'node.id': '1', 'log.dirs': folder, listeners: 'PLAINTEXT://127.0.0.1:0', 'http.port': '-1' }
  // The calls' records are of 2020, and the reference keeps them, too.
  const more = { 'offsets.topic.replication.factor': '1', 'log.retention.ms': '-1' }
  const broker = await startBroker(runtime, parseBrokerConfig({ ...settings, ...more }))
  try {
    const kafka = await answersOf(runtime, { host, port: Number(port) })
    const trilog = await answersOf(runtime, broker.kafka)
    let differing = 0
    for (const [name, answer] of kafka) {
      const found = [...differences(answer, trilog.get(name))].filter(({ path }) => !isAllowed(name, path))
      if (found.length === 0) continue
      differing += 1
      process.stdout.write(
        `${name}\n${found
          .map(
            ({ text }) => `  ${text}
`,
          )
          .join('')}`,
      )
    }
    process.stdout.write(`${kafka.size} calls, ${differing} differ in what is not meant to\n`)
    return differing === 0 ? 0 : 3
  } finally {
    await broker.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

process.exit(await main(process.argv.slice(2)))
