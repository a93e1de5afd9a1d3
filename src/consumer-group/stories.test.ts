import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { GroupSettings } from './group-settings.ts'
import { StoryTeller } from './story-teller.ts'

/**
 * Each story is a file of commands (`> …`) and what came of them. `REWRITE_STORIES=1` writes what came now; the diff is
 * what a change means. A first line `settings name=value …` sets what differs from Kafka's defaults.
 */
const rewrites = process.env['REWRITE_STORIES'] === '1'

/** Stories stay in the sources; this runs from what was built of them. */
function storyFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'src/consumer-group/stories'))) folder = dirname(folder)
  return join(folder, 'src/consumer-group/stories')
}

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
  return `${told.join('\n').trimEnd()}\n`
}

const folder = storyFolder()
for (const name of readdirSync(folder)) {
  test(`the story goes as written: ${name}`, () => {
    const written = readFileSync(join(folder, name), 'utf8')
    const told = retell(written)
    if (rewrites) writeFileSync(join(folder, name), told)
    else assert.equal(told, written)
  })
}
