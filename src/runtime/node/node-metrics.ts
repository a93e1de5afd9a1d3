import { invariant } from '../invariant.ts'
import type { Counter, Gauge, Histogram, Labels, MetricOptions, Metrics } from '../metrics.ts'
import { familyText, labelsText, numberText, type Sample } from './metrics-text.ts'

type Kind = 'counter' | 'gauge' | 'histogram'

interface Metric {
  samples(): Iterable<Sample>
}

interface Family {
  readonly name: string
  readonly help: string
  readonly kind: Kind
  readonly metrics: Map<string, Metric>
}

/**
 * The metrics of this process. They are plain numbers, usable from the first line of code on; prom-client, slow to
 * load, adds the process's own (CPU, memory, event loop lag, garbage collection) from the first scrape on.
 */
export class NodeMetrics implements Metrics {
  readonly #families = new Map<string, Family>()
  #ofProcess: Promise<{ metrics(): Promise<string> }> | null = null

  counter(options: MetricOptions): Counter {
    return this.#metric('counter', options, () => new OneNumber(options.labels))
  }

  gauge(options: MetricOptions): Gauge {
    return this.#metric('gauge', options, () => new OneNumber(options.labels))
  }

  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Histogram {
    return this.#metric('histogram', options, () => new Buckets(options.labels, options.buckets))
  }

  observe(
    options: Omit<MetricOptions, 'labels'> & { readonly kind: 'counter' | 'gauge' },
    read: () => Iterable<{ labels?: Labels; value: number }>,
  ): void {
    const family = this.#family(options.kind, options)
    invariant(family.metrics.size === 0, 'a metric is registered twice', { name: options.name })
    family.metrics.set('', { samples: read })
  }

  /** All metrics in Prometheus' text format, for `/metrics`. */
  async text(): Promise<string> {
    this.#ofProcess ??= processMetrics()
    const own: string[] = []
    for (const family of this.#families.values()) own.push(familyText(family, samplesOf(family)))
    return own.join('') + (await (await this.#ofProcess).metrics())
  }

  #metric<M extends Metric>(kind: Kind, options: MetricOptions, make: () => M): M {
    const { metrics } = this.#family(kind, options)
    const key = labelsText(options.labels)
    const known = metrics.get(key)
    // One family holds metrics of one kind, so what is found is what `make` makes.
    if (known !== undefined) return known as M
    const made = make()
    metrics.set(key, made)
    return made
  }

  #family(kind: Kind, options: { name: string; help: string }): Family {
    let family = this.#families.get(options.name)
    if (family === undefined) {
      family = { name: options.name, help: options.help, kind, metrics: new Map() }
      this.#families.set(options.name, family)
    }
    invariant(family.kind === kind, 'one metric name for two kinds', { name: options.name, kind, known: family.kind })
    return family
  }
}

function* samplesOf(family: Family): Iterable<Sample> {
  for (const metric of family.metrics.values()) yield* metric.samples()
}

async function processMetrics(): Promise<{ metrics(): Promise<string> }> {
  const { Registry, collectDefaultMetrics } = await import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return registry
}

class OneNumber implements Counter, Gauge, Metric {
  readonly #labels: Labels | undefined
  #value = 0

  constructor(labels: Labels | undefined) {
    this.#labels = labels
  }

  add(by = 1): void {
    this.#value += by
  }

  set(value: number): void {
    this.#value = value
  }

  *samples(): Iterable<Sample> {
    yield { ...(this.#labels && { labels: this.#labels }), value: this.#value }
  }
}

class Buckets implements Histogram, Metric {
  readonly #labels: Labels | undefined
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(labels: Labels | undefined, bounds: readonly number[]) {
    this.#labels = labels
    this.#bounds = [...bounds, Number.POSITIVE_INFINITY]
    this.#counts = this.#bounds.map(() => 0)
  }

  observe(value: number): void {
    let index = 0
    while (index < this.#bounds.length - 1 && value > (this.#bounds[index] ?? 0)) index++
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#sum += value
  }

  *samples(): Iterable<Sample> {
    let upTo = 0
    for (const [index, bound] of this.#bounds.entries()) {
      upTo += this.#counts[index] ?? 0
      yield { suffix: '_bucket', labels: { ...this.#labels, le: numberText(bound) }, value: upTo }
    }
    yield { suffix: '_sum', labels: { ...this.#labels }, value: this.#sum }
    yield { suffix: '_count', labels: { ...this.#labels }, value: upTo }
  }
}
