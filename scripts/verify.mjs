// `npm run verify`: every check that writes nothing (the tests are `npm test`). Runs all of them, then says which failed.
import { checks } from './checks.mjs'
import { makeReady } from './ready.mjs'
import { install, isInstalled } from './install.mjs'
import { root } from './root.mjs'

if (!isInstalled(root)) install(root)

const failed = []
for (const check of checks) {
  const begun = performance.now()
  const { ok, output } = await check
    .run({ root, makeReady })
    .catch((fault) => ({ ok: false, output: `${fault?.message ?? fault}` }))
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${check.name.padEnd(10)} ${seconds.padStart(5)} s  ${check.about}`)
  if (ok) continue
  failed.push(check.name)
  console.log(output.trimEnd().replaceAll(/^/gm, '     '))
}
console.log(
  failed.length === 0
    ? 'verify: all is well'
    : `verify: ${failed.join(', ')} failed (\`npm run fix\` mends what a program can)`,
)
process.exitCode = failed.length === 0 ? 0 : 1
