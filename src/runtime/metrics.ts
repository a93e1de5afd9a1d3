export type Labels = Readonly<Record<string, string>>

export interface Counter {
  /** Adds `by` (>= 0, default 1). */
  add(by?: number): void
}

export interface Gauge {
  set(value: number): void
}

export interface Histogram {
  /** Notes one value, in the unit that the metric's name ends in. */
  observe(value: number): void
}

export interface MetricOptions {
  /** Prometheus name: `trilog_` first, unit last (`_bytes`, `_seconds`), `_total` for counters. */
  readonly name: string
  readonly help: string
  readonly labels?: Labels
}

/**
 * Where metrics are registered. Asking twice for the same name and labels gives the same metric. `observe` metrics are
 * read at scrape time only: the way for anything that exists per partition or connection.
 */
export interface Metrics {
  counter(options: MetricOptions): Counter
  gauge(options: MetricOptions): Gauge
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Histogram
  /** A metric whose values are computed when it is scraped. */
  observe(
    options: Omit<MetricOptions, 'labels'> & { readonly kind: 'counter' | 'gauge' },
    read: () => Iterable<{ labels?: Labels; value: number }>,
  ): void
}

const nothing = { add() {}, set() {}, observe() {} }

/** Metrics that nobody reads. */
export const noMetrics: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
  observe() {},
}
