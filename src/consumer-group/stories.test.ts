import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { GroupSettings } from './group-settings.ts'
import { documentedTransitions, checkout } from './documented-transitions.ts'
import { StoryTeller } from './story-teller.ts'
import { TransitionTable } from './transition-table.ts'

/**
 * Each story is a file of commands (`> …`) and what came of them. `REWRITE_STORIES=1` writes what came now; the diff is
 * what a change means. A first line `settings name=value …` sets what differs from Kafka's defaults.
 */
const rewrites = process.env['REWRITE_STORIES'] === '1'

const folder = join(checkout(), 'src/consumer-group/stories')
const seen = new TransitionTable()

function retell(story: string): string {
  const lines = story.split('\n')
  const settings: Record<string, number> = {}
  const [first = ''] = lines
  if (first.startsWith('settings ')) {
    for (const word of first.split(' ').slice(1)) settings[word.split('=')[0] ?? ''] = Number(word.split('=')[1])
  }
  const teller = new StoryTeller(settings as Partial<GroupSettings>)
  const told = lines.flatMap((line) => {
    if (line.startsWith('> ')) return [line, ...teller.run(line.slice(2))]
    return line === '' || line.startsWith('#') || line.startsWith('settings ') ? [line] : []
  })
  for (const transition of teller.transitions) seen.add(transition)
  return `${told.join('\n').trimEnd()}\n`
}

for (const name of readdirSync(folder)) {
  const written = readFileSync(join(folder, name), 'utf8')
  const told = retell(written)
  test(`the story goes as written: ${name}`, () => {
    if (rewrites) writeFileSync(join(folder, name), told)
    else assert.equal(told, written)
  })
}

test('the stories show every transition that docs/consumer-groups.md lists, and the page lists all that they show', () => {
  const [told, listed] = [new Set(seen.lines()), new Set(documentedTransitions().lines())]
  const untold = [...listed].filter((line) => !told.has(line))
  const unlisted = [...told].filter((line) => !listed.has(line))
  assert.deepEqual({ untold, unlisted }, { untold: [], unlisted: [] })
})
