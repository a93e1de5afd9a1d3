import { missingPlatforms } from '../lock-platforms.mjs'
import { isCode, lineAt } from './tree.mjs'

// Patterns are put together from parts, so that this file does not find itself.
const unfinished = new RegExp(`\\b(${['FIX' + 'ME', 'TO' + 'DO', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`, 'g')
const machinePath = new RegExp(
  `(?<![A-Za-z0-9._~$}/-])/(${['work', 'farm', 'root', 'home/\\w+', 'Users/\\w+'].join('|')})/`,
  'g',
)
const registryHost = new RegExp(`https?://(registry\\.|[\\w.-]*${'npm' + 'js'}\\.(org|com)/[^p])`, 'g')
const notRun = new RegExp(
  `\\b(test|it|describe|suite|t)\\.(${['on' + 'ly', 'sk' + 'ip', 'to' + 'do'].join('|')})\\(`,
  'g',
)
const notRunOption = new RegExp(`\\b(${['on' + 'ly', 'sk' + 'ip', 'to' + 'do'].join('|')}): true\\b`, 'g')
const issueNumber = new RegExp('\\bissues?' + '(?: #?|/)\\d+\\b', 'gi')
const clock = new RegExp(
  '\\bnew Da' + 'te\\(\\)|(?<![\\w.] ?)Da' + 'te\\(\\)|\\bglobal' + 'This\\.(set|Date|Math)',
  'g',
)

const prose = /\.(ts|mjs|md|sh|py|java|ya?ml|svg)$|\/(run|kafka)$/
const notWorld = /^(src\/(runtime\/node|cli|embed|http|lab)|bench|hostile|interop|scripts)\//

/**
 * Words that must not stay: unfinished work, tests that do not run, one machine's paths, registry hosts, clocks that the
 * linter has no rule for.
 * @param {import('./tree.mjs').SourceFile[]} files
 * @returns {import('./tree.mjs').Finding[]}
 */
export function wordFindings(files) {
  return files.flatMap((file) => {
    const isText = prose.test(file.path)
    return [
      ...(isText
        ? find(file, unfinished, 'is unfinished: finish it, or write down what is not done where users read it')
        : []),
      ...(isText ? find(file, issueNumber, 'needs a tracker to be understood: say the thing itself') : []),
      ...find(file, machinePath, 'is a path of one machine: use one relative to the checkout, or a temporary folder'),
      ...find(file, registryHost, 'binds to one registry: make the lock with omit-lockfile-registry-resolved'),
      ...lockFindings(file),
      ...(file.path.endsWith('.test.ts') ? find(file, notRun, 'leaves tests out: mend the test, or remove it') : []),
      ...(file.path.endsWith('.test.ts')
        ? find(file, notRunOption, 'leaves tests out: give the condition and reason')
        : []),
      ...(isCode(file) && !notWorld.test(file.path)
        ? find(file, clock, 'reads the world: take it from the runtime')
        : []),
    ]
  })
}

/**
 * @param {import('./tree.mjs').SourceFile} file
 * @param {RegExp} pattern
 * @param {string} advice
 * @returns {import('./tree.mjs').Finding[]}
 */
function find(file, pattern, advice) {
  return [...file.text.matchAll(pattern)].map((match) => ({
    path: `${file.path}:${lineAt(file.text, match.index ?? 0)}`,
    says: `"${match[0].trim()}" ${advice}`,
  }))
}

/**
 * @param {import('./tree.mjs').SourceFile} file
 * @returns {import('./tree.mjs').Finding[]}
 */
function lockFindings(file) {
  if (!file.path.endsWith('package-lock.json')) return []
  const lacking = file.text.includes('"optionalDependencies"') ? missingPlatforms(JSON.parse(file.text).packages) : []
  const says = [
    ...(/"resolved":\s*"http/.test(file.text)
      ? ['names where packages came from: `npm install --omit-lockfile-registry-resolved` makes it anew']
      : []),
    ...lacking.map(
      ({ name }) => `lacks ${name}: \`npm ci\` fails without an entry for every system; \`npm run fix\` adds it`,
    ),
  ]
  return says.map((sentence) => ({ path: file.path, says: sentence }))
}
