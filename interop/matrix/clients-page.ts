import type { Case } from '../cases/case.ts'
import type { ClientProgram } from '../client-program.ts'
import type { Recorded, RecordedMatrix } from './recorded.ts'

const mark = { pass: '✓', fail: '**no**', skip: '?', lacks: '–' } as const

/** The page about clients: what was run, and what was seen. */
export function clientsPage(
  programs: readonly ClientProgram[],
  cases: readonly Case[],
  matrix: RecordedMatrix,
  command: string,
): string {
  const everyday = programs.filter((program) => program.everyday).map(({ name }) => name)
  return `<!-- Made by \`${command}\`; \`npm run fix\` writes it anew. -->

# Clients that were run against Trilog

Unmodified Kafka clients, each run with the same cases against a Trilog broker of one and against real Apache Kafka 4.3.1. A case
is passed when it holds on both and both gave the same findings; whatever passes on one alone is a failure. [Kafka's own
tools](kafka-tools.md) have a page of their own.

## The matrix

✓ passed on both, the same · – not in this client

${matrixTable(programs, cases, matrix)}

What is not in a client:

${programs.flatMap(lackRows).join('\n')}

## Running it

| command | what it does |
| --- | --- |
| \`npm run interop\` | the everyday clients (${everyday.join(', ')}) against Trilog |
| \`npm run interop -- --all\` | every client, against Trilog and real Kafka at once; a difference is named and fails |
| \`npm run interop:matrix\` | the same, and writes what was seen into this page |
| \`npm run interop -- --on both --client java-4 kcat --case range static\` | some clients, some cases |

\`--on trilog\`, \`kafka\` or \`both\` picks the brokers, which are started on free ports, in folders under the system's temporary folder, and
ended again; real Kafka needs a JDK 17 and Maven. With \`--bootstrap HOST:PORT\` the broker is one that runs already
(\`--kill-cmd\` and \`--start-cmd\` tell how it is killed and started; without them the case that needs it is skipped).
\`--json FILE\` writes the results. \`INTEROP_KEEP=1\` leaves the brokers' folders behind, with their logs.

A client whose runtime is not there (no Java, no Go, no Python) is reported as skipped, with the reason; \`--strict\` makes that a
failure. Each client is a small program in \`interop/clients/\` that knows the same few commands and writes the same lines; what is
right is decided outside of it, in \`interop/cases/\`.

## The clients

| client | what it is | codecs | installed by |
| --- | --- | --- | --- |
${programs.map(({ name, about, codecs, installedBy }) => `| ${name} | ${about} | ${codecs.join(', ')} | ${installedBy} |`).join('\n')}

The files are below \`interop/\`.

## The cases

| case | what must hold |
| --- | --- |
${cases.map(({ name, about }) => `| \`${name}\` | ${about} |`).join('\n')}

Real Kafka needs 8 to 17 s after SIGKILL until it serves again (its own old session must end first); most of the time of
\`idempotent-restart\` on it is that. Both brokers have \`group.initial.rebalance.delay.ms=0\`.

## What is special about a client

${programs.flatMap(({ name, notes }) => notes.map((note) => `- **${name}**: ${note}`)).join('\n')}
`
}

function matrixTable(programs: readonly ClientProgram[], cases: readonly Case[], matrix: RecordedMatrix): string {
  const head = ['client', 'version', ...cases.map(({ name }) => name), 'run on']
  const rows = programs.map(({ name }) => {
    const recorded: Recorded | undefined = matrix[name]
    const cells = cases.map((each) => mark[recorded?.cases[each.name]?.outcome ?? 'skip'])
    return [name, recorded?.version ?? 'not run', ...cells, recorded?.date ?? '']
  })
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function lackRows({ name, lacks }: ClientProgram): string[] {
  const byReason = new Map<string, string[]>()
  for (const [what, why] of Object.entries(lacks)) byReason.set(why, [...(byReason.get(why) ?? []), `\`${what}\``])
  return [...byReason].map(([why, what]) => `- **${name}**: ${what.join(', ')}: ${why}`)
}
