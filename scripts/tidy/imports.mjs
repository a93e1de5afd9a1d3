import { posix } from 'node:path'
import { isCode, lineAt } from './tree.mjs'

/** The folders of `src/`, each of which may import only from itself and those before it. */
export const folderOrder = [
  'runtime',
  'codec',
  'config',
  'record',
  'log',
  'receipt',
  'replication',
  'peer',
  'replica',
  'metadata',
  'broker',
  'consumer-group',
  'kafka',
  'client',
  'rocketmq',
  'plan',
  'lab',
  'http',
  'server',
  'embed',
  'cli',
]

/** What `import … from 'trilog'` gives: the one file that may pass on what others define. */
const entryPoint = 'src/embed/trilog.ts'

/** The folders beside `src/`, and which others each may import from. */
const besides = { sim: ['src'], bench: ['src', 'interop'], hostile: ['src', 'interop'], interop: ['src'], scripts: [] }

const importForms = [
  /^\s*import\s+(?:type\s+)?[\w$*{}\s,]+?\sfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/g,
]

/**
 * Imports against the order of the folders, re-exports, and relative imports that do not name their file.
 * @param {import('./tree.mjs').SourceFile[]} files
 * @returns {import('./tree.mjs').Finding[]}
 */
export function importFindings(files) {
  return files.filter(isCode).flatMap((file) => [...unknownFolder(file), ...againstOrder(file), ...reExports(file)])
}

/**
 * @param {import('./tree.mjs').SourceFile} file
 * @returns {import('./tree.mjs').Finding[]}
 */
function unknownFolder(file) {
  const folder = srcFolder(file.path)
  if (folder === null || folderOrder.includes(folder)) return []
  return [{ path: file.path, says: `src/${folder}/ has no place in the order: use a folder of docs/architecture.md` }]
}

/**
 * @param {import('./tree.mjs').SourceFile} file
 * @returns {import('./tree.mjs').Finding[]}
 */
function againstOrder(file) {
  return importsOf(file).flatMap(({ specifier, line }) => {
    if (!specifier.startsWith('.')) return []
    const target = posix.join(posix.dirname(file.path), specifier)
    const reason = refusal(file.path, target)
    return reason === null ? [] : [{ path: `${file.path}:${line}`, says: `imports ${target}: ${reason}` }]
  })
}

/**
 * @param {string} from
 * @param {string} target
 * @returns {string | null} Why `from` may not import `target`, and what to do.
 */
function refusal(from, target) {
  if (!/\.(ts|mjs)$/.test(target)) return 'name the file with its .ts ending'
  const [top, targetTop] = [topOf(from), topOf(target)]
  if (top === 'src' && targetTop === 'src') return refusalInSrc(srcFolder(from), srcFolder(target))
  if (top === targetTop) return null
  if (top === 'src') {
    if (targetTop === 'sim' && srcFolder(from) === 'cli') return null
    // The test that reads the tree is the one file of src/ that stands in no folder.
    if (targetTop === 'scripts' && srcFolder(from) === null) return null
    return targetTop === 'sim' ? 'of src/ only cli/ imports sim/' : `src/ imports nothing from ${targetTop}/`
  }
  const allowed = besides[/** @type {keyof typeof besides} */ (top)]
  if (allowed === undefined) return `${top}/ is not a folder of code`
  if (/** @type {string[]} */ (allowed).includes(targetTop)) return null
  return `${top}/ imports ${allowed.length === 0 ? 'only from itself' : `from itself and ${allowed.join(', ')}`}`
}

/**
 * @param {string | null} from
 * @param {string | null} target
 */
function refusalInSrc(from, target) {
  if (from === null) return null
  if (target === null) return 'files that stand directly in src/ are imported by nobody'
  if (folderOrder.indexOf(target) <= folderOrder.indexOf(from)) return null
  return `${from}/ stands above ${target}/ in docs/architecture.md; move the shared part up, or pass it in`
}

/**
 * @param {import('./tree.mjs').SourceFile} file
 * @returns {import('./tree.mjs').Finding[]}
 */
function reExports(file) {
  if (topOf(file.path) !== 'src' || file.path === entryPoint) return []
  const form = /** @type {RegExp} */ (importForms[1])
  return [...file.text.matchAll(form)].map((match) => ({
    path: `${file.path}:${lineAt(file.text, (match.index ?? 0) + match[0].search(/\S/))}`,
    says: `passes on ${match[1]}: import the file that defines it instead`,
  }))
}

/** @param {import('./tree.mjs').SourceFile} file */
function importsOf(file) {
  return importForms.flatMap((form) =>
    [...file.text.matchAll(form)].map((match) => ({
      specifier: /** @type {string} */ (match[1]),
      line: lineAt(file.text, (match.index ?? 0) + match[0].search(/\S/)),
    })),
  )
}

/** @param {string} path */
function topOf(path) {
  return /** @type {string} */ (path.split('/')[0])
}

/**
 * @param {string} path
 * @returns {string | null} The folder within src/; null outside of src/ and for what stands directly in it.
 */
function srcFolder(path) {
  const parts = path.split('/')
  return parts[0] === 'src' && parts.length > 2 ? /** @type {string} */ (parts[1]) : null
}
