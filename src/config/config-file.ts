/** A file that is no configuration: no YAML, or a form that no setting has. */
export class InvalidConfigFile extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InvalidConfigFile'
  }
}

/** So many signs of YAML's in one line nest nothing that anybody means; what the parser needs for them grows faster than they do. */
const signsMost = 200
const signs = /[:?-]\s|[[{]/g
/** Enough for each setting that there is twice. The parser takes some kilobytes for each of them. */
const tokensMost = 3_000
const charactersMost = 256 * 1_024

/**
 * The settings in a YAML text, name → text. Names may be dotted (`log.segment.bytes: 1`), nested (`log: {segment: …}`)
 * or both; a list becomes Kafka's comma-separated text. Throws `InvalidConfigFile`; a text that is longer than any
 * configuration is refused before it is parsed.
 */
export async function readConfigFile(text: string): Promise<Record<string, string>> {
  if (text.length > charactersMost) throw new InvalidConfigFile(`longer than ${charactersMost} characters`)
  const crowded = text.split('\n').findIndex((line) => (line.match(signs)?.length ?? 0) > signsMost)
  if (crowded >= 0) throw new InvalidConfigFile(`no YAML: line ${crowded + 1} nests too much`)
  const { Lexer, parseDocument } = await import('yaml')
  let tokens = 0
  for (const _ of new Lexer().lex(text)) {
    if (++tokens > tokensMost) throw new InvalidConfigFile(`more than ${tokensMost} names, values and signs`)
  }
  // Integers are kept whole: Kafka's "for ever" is beyond what a number holds. Only the first error is told: a picture of
  // the place of each would take more than all else.
  const document = parseDocument(text, { intAsBigInt: true, prettyErrors: false })
  const error = document.errors[0]
  if (error !== undefined) throw new InvalidConfigFile(`no YAML: ${error.message} ${placeIn(text, error.pos[0])}`)
  const root = valueOf(() => document.toJS() as unknown)
  if (root === null || root === undefined) return {}
  if (!isMap(root)) throw new InvalidConfigFile('names and values are wanted, for example `node.id: 1`')
  const texts: Record<string, string> = {}
  flatten(root, '', texts)
  return texts
}

function placeIn(text: string, at: number): string {
  const before = text.slice(0, at).split('\n')
  return `(line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`
}

/** Aliases are followed only now: one that names nothing, or stands for too many, is found here. */
function valueOf(toJs: () => unknown): unknown {
  try {
    return toJs()
  } catch (error) {
    throw new InvalidConfigFile(`no YAML: ${(error as Error).message}`)
  }
}

function flatten(map: Readonly<Record<string, unknown>>, prefix: string, into: Record<string, string>): void {
  for (const [key, value] of Object.entries(map)) {
    const name = prefix + key
    if (isMap(value)) {
      flatten(value, `${name}.`, into)
      continue
    }
    if (Object.hasOwn(into, name)) throw new InvalidConfigFile(`${name} is given twice`)
    into[name] = Array.isArray(value) ? value.map((item) => scalar(name, item)).join(',') : scalar(name, value)
  }
}

function scalar(name: string, value: unknown): string {
  if (value === null || value === undefined)
    throw new InvalidConfigFile(`${name} has no value; leave it out for its default`)
  if (typeof value === 'object') throw new InvalidConfigFile(`${name} is neither a value nor a list of values`)
  return `${value as string | number | bigint | boolean}`
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
