import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../package-root.ts'

/** The program of this name in docs/embedding.md: what readers copy is what is run. */
export function pageExample(name: 'short' | 'long'): string {
  const page = readFileSync(join(packageRoot, 'docs/embedding.md'), 'utf8')
  const program = new RegExp(`^\`\`\`ts ${name}\\n([^]*?)^\`\`\`$`, 'm').exec(page)?.[1]
  if (program === undefined) throw new Error(`docs/embedding.md has no program that is marked \`ts ${name}\``)
  return program
}
