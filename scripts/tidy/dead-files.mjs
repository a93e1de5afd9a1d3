import { posix } from 'node:path'

const leftOver = /(\.orig|\.rej|\.bak|\.swp|\.log|\.tmp|~|\.DS_Store|\.pid|\.class|\.pyc)$/
const compiled = /^(src|sim)\/.*\.(js|d\.ts|map|mjs)$/

/**
 * Files that nobody uses and the linter for code does not see: leftovers, compiler output, empty files, pages and
 * pictures of docs/ that no page links to. (Unused code is knip's.)
 * @param {import('./tree.mjs').SourceFile[]} files
 * @returns {import('./tree.mjs').Finding[]}
 */
export function deadFileFindings(files) {
  const linked = linkedFromPages(files)
  return files.flatMap(({ path, text }) => {
    // A fixture is whatever its test needs: a segment is a .log file, and an empty one may be the case.
    if (path.includes('/fixtures/')) return []
    if (leftOver.test(path)) return [{ path, says: 'is a leftover: remove it, and ignore its kind in .gitignore' }]
    if (compiled.test(path)) return [{ path, says: 'is compiler output beside its source: remove it' }]
    if (text.trim() === '') return [{ path, says: 'is empty: remove it' }]
    if (/^docs\/.*\.(md|svg)$/.test(path) && !linked.has(path))
      return [{ path, says: 'is linked from no page: link it from docs/README.md, or remove it' }]
    return []
  })
}

/** @param {import('./tree.mjs').SourceFile[]} files */
function linkedFromPages(files) {
  const linked = new Set(['docs/README.md'])
  for (const { path, text } of files.filter((file) => file.path.endsWith('.md'))) {
    for (const match of text.matchAll(/\]\(([^)#\s]+)|(?:src|href)="([^"#]+)"/g)) {
      const target = match[1] ?? match[2] ?? ''
      if (!/^[a-z]+:/.test(target)) linked.add(posix.join(posix.dirname(path), target))
    }
  }
  return linked
}
