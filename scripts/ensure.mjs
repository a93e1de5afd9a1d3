// Runs before `npm start` and `npm test`, on a fresh clone too: installs and builds what is missing or stale.
// It has no dependencies, says nothing when there is nothing to do, and writes to stderr only (stdout is the program's).
import { platformProblem } from './platform.mjs'

const problem = platformProblem({ node: process.versions.node, platform: process.platform })
if (problem === null) {
  // Imported late: these files may use syntax that a Node which is too old cannot read.
  import('./ready.mjs')
    .then(
      ({ makeReady }) => makeReady(),
      (fault) => fail(fault.message),
    )
    .catch((fault) => fail(fault.message))
} else {
  fail(problem)
}

/** @param {string} sentence */
function fail(sentence) {
  console.error(`trilog: ${sentence}`)
  process.exitCode = 1
}
