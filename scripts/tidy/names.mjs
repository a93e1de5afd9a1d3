const vague = /(^|-)(utils?|helpers?|common|types|manager|misc|stuff)$/
const codeFolders = /^(src|sim|bench|hostile|interop|scripts)\//

/**
 * File and folder names that say nothing, hide what they pass on, or that a test runner would misread.
 * @param {import('./tree.mjs').SourceFile[]} files
 * @returns {import('./tree.mjs').Finding[]}
 */
export function nameFindings(files) {
  return files
    .filter((file) => codeFolders.test(file.path) && /\.(ts|mjs)$/.test(file.path))
    .flatMap(({ path }) => nameProblems(path).map((says) => ({ path, says })))
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function nameProblems(path) {
  const folders = path.split('/')
  const stem = /** @type {string} */ (folders.pop()).replace(/(\.property)?(\.test)?\.(ts|mjs)$/, '')
  const problems = []
  if (vague.test(stem)) problems.push(`"${stem}" names no thing: name the file for the one thing it defines`)
  if (stem === 'index') problems.push('is a barrel file: let importers name the defining file')
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) problems.push(`write "${stem}" in lower-case-with-hyphens`)
  for (const folder of folders) {
    if (vague.test(folder)) problems.push(`folder "${folder}" names no thing: name it for the concern that it holds`)
    if (folder === 'test')
      problems.push('`node --test` would run every file of a folder named test: tests stand beside the code')
  }
  if (stem === 'test' || /^test-|[-_]test$/.test(stem))
    problems.push('`node --test` would run it: end tests in .test.ts')
  return problems
}
