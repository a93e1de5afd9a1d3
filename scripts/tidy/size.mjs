import { isCode } from './tree.mjs'

/** Lines; a file's share of what a reader can hold. Function size is the linter's (`max-lines-per-function`). */
export const fileLinesMax = 600

/**
 * Files over the limit, and a ratchet that is looser than the tree: old offenders are listed with their lines, and the
 * list only shrinks.
 * @param {import('./tree.mjs').SourceFile[]} files
 * @param {Record<string, number>} ratchet Lines allowed, by path.
 * @returns {import('./tree.mjs').Finding[]}
 */
export function sizeFindings(files, ratchet) {
  const lines = new Map(files.filter(isCode).map((file) => [file.path, linesOf(file.text)]))
  const over = [...lines].flatMap(([path, count]) => {
    const max = ratchet[path] ?? fileLinesMax
    return count > max ? [{ path, says: `${count} lines, over ${max}: split it by concern with its own state` }] : []
  })
  const loose = Object.entries(ratchet).flatMap(([path, max]) => {
    const count = lines.get(path) ?? 0
    if (count <= fileLinesMax) return [{ path, says: 'is within the limit now: take it off scripts/tidy/ratchet.json' }]
    return count < max ? [{ path, says: `has ${count} lines now: lower its ${max} in scripts/tidy/ratchet.json` }] : []
  })
  return [...over, ...loose]
}

/** @param {string} text */
function linesOf(text) {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}
