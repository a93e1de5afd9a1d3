import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

/**
 * Links of the Markdown pages to files and headings that are not there. Links to other sites are not followed.
 * @param {string} root
 * @param {readonly string[]} pages Paths from the root.
 * @returns {{ path: string, says: string }[]}
 */
export function linkFindings(root, pages) {
  return pages.flatMap((page) =>
    linksOf(readFileSync(join(root, page), 'utf8')).flatMap(({ target, line }) => {
      const says = problemOf(root, page, target)
      return says === null ? [] : [{ path: `${page}:${line}`, says }]
    }),
  )
}

/**
 * @param {string} root
 * @param {string} page
 * @param {string} target
 * @returns {string | null}
 */
function problemOf(root, page, target) {
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return null
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? page : posix.join(posix.dirname(page), decodeURI(file))
  if (path.startsWith('..')) return `links to ${target}, which is outside of the repository: copy what is needed`
  if (!existsSync(join(root, path))) return `links to ${target}: there is no ${path}`
  if (anchor === undefined || !path.endsWith('.md') || statSync(join(root, path)).isDirectory()) return null
  if (anchorsOf(readFileSync(join(root, path), 'utf8')).has(anchor)) return null
  return `links to ${target}: ${path} has no such heading`
}

/** @param {string} text */
function linksOf(text) {
  let fenced = false
  return text.split('\n').flatMap((row, index) => {
    if (/^\s*(```|~~~)/.test(row)) fenced = !fenced
    if (fenced) return []
    const found = row
      .replaceAll(/`[^`]*`/g, '')
      .matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\s*\[[^\]]+\]:\s*(\S+)|(?:src|href)="([^"]+)"/g)
    return [...found].map((match) => ({ target: match[1] ?? match[2] ?? match[3] ?? '', line: index + 1 }))
  })
}

/**
 * The anchors that GitHub gives a page's headings.
 * @param {string} text
 */
export function anchorsOf(text) {
  const anchors = new Set()
  let fenced = false
  for (const row of text.split('\n')) {
    if (/^\s*(```|~~~)/.test(row)) fenced = !fenced
    const heading = fenced ? null : row.match(/^#{1,6}\s+(.*?)\s*#*$/)?.[1]
    if (heading === null || heading === undefined) continue
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const slug = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-')
    let anchor = slug
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`
    anchors.add(anchor)
  }
  return anchors
}
