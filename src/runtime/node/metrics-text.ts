import type { Labels } from '../metrics.ts'

/** One line of the text format: a value, the labels that name it, and what is added to the family's name. */
export interface Sample {
  readonly suffix?: '_bucket' | '_sum' | '_count'
  readonly labels?: Labels
  readonly value: number
}

/** One metric family in Prometheus' text exposition format 0.0.4. */
export function familyText(
  family: { name: string; help: string; kind: 'counter' | 'gauge' | 'histogram' },
  samples: Iterable<Sample>,
): string {
  const lines = [`# HELP ${family.name} ${escapeHelp(family.help)}`, `# TYPE ${family.name} ${family.kind}`]
  for (const sample of samples) {
    lines.push(`${family.name}${sample.suffix ?? ''}${labelsText(sample.labels)} ${numberText(sample.value)}`)
  }
  return `${lines.join('\n')}\n`
}

/** `{a="1",b="2"}`, in the order given; empty without labels. Also what tells one metric of a family from another. */
export function labelsText(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : `${value}`
}

const escapeHelp = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
const escapeLabel = (text: string) => escapeHelp(text).replaceAll('"', '\\"')
