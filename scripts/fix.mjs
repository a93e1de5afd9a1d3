// `npm run fix`: the writing twin of verify. The lock and generated files, then what the linter can mend, then the format of all.
import { runTool, tools } from './checks.mjs'
import { generatorsOf, writeGenerated } from './generated.mjs'
import { install, isInstalled } from './install.mjs'
import { addMissingPlatforms } from './lock-platforms.mjs'
import { makeReady } from './ready.mjs'
import { root } from './root.mjs'

const added = addMissingPlatforms(root)
if (added.length > 0) console.log(`package-lock.json: added ${added.join(', ')}`)
if (!isInstalled(root)) install(root)

const generators = generatorsOf(root)
if (generators.length > 0) {
  await makeReady()
  writeGenerated(root, generators)
}
const mended = await runTool(root, [...tools.lint, '--fix'])
const formatted = await runTool(root, [...tools.format, '--write'])
if (!formatted.ok) console.log(formatted.output)
if (!mended.ok) console.log(`${mended.output}\nfix: the linter has findings that need a person`)
process.exitCode = mended.ok && formatted.ok ? 0 : 1
