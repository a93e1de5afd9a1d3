/**
 * `npm run test:package`: what `npm pack` makes is installed in an empty folder elsewhere, and works there: the command
 * line, the programs of docs/embedding.md, their types.
 */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onEnd, runMain } from '../child.ts'
import { removeFolder } from '../targets/remove-folder.ts'
import { packageSteps } from './package-steps.ts'
import { Project } from './project.ts'

await runMain(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'trilog-package-'))
  onEnd(() => removeFolder(folder))
  const project = new Project(folder)
  for (const { name, run } of packageSteps) {
    const begun = performance.now()
    const outcome = await run(project).then(
      (about) => ({ ok: true, about }),
      (error: unknown) => ({ ok: false, about: error instanceof Error ? error.message : String(error) }),
    )
    const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(5)
    console.log(`${outcome.ok ? 'ok  ' : 'FAIL'} ${name.padEnd(14)} ${seconds} s  ${outcome.about}`)
    // What follows needs what went before.
    if (!outcome.ok) return 1
  }
  return 0
})
