import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{ path: string, text: string }} SourceFile A file of the checkout; `path` from its root, `/`-separated.
 * @typedef {{ path: string, says: string }} Finding What is wrong where, and what to do instead.
 */

const binary = /\.(png|jpg|gif|ico|woff2?|gz|zip|jar|bin|zst|lz4|snappy)$/

/**
 * Every text file that git tracks or would track. What git ignores is nobody's business here.
 * @param {string} root
 * @returns {SourceFile[]}
 */
export function readTree(root) {
  const git = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (git.status !== 0) throw new Error('tidy reads what git knows of: run it in a git checkout, with git installed.')
  return git.stdout
    .split('\0')
    .filter((path) => path !== '' && !binary.test(path) && existsSync(join(root, path)))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** @param {SourceFile} file */
export function isCode(file) {
  return /\.(ts|mjs)$/.test(file.path)
}

/**
 * @param {string} text
 * @param {number} index
 */
export function lineAt(text, index) {
  return text.slice(0, index).split('\n').length
}
