import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{ file: string, command: string[] }} Generator A file that is checked in, and the Node program (with its
 * arguments, paths from the root) that prints it. Programs run from `dist/`, which is built before.
 */

/**
 * The one list of files that are made by a program.
 * @param {string} root
 * @returns {Generator[]}
 */
export function generatorsOf(root) {
  return JSON.parse(readFileSync(join(root, 'scripts/generated.json'), 'utf8'))
}

/**
 * Generated files that differ from what their program prints now. Writes nothing.
 * @param {string} root
 * @param {Generator[]} generators
 * @returns {{ path: string, says: string }[]}
 */
export function staleFindings(root, generators) {
  return generators.flatMap((generator) => {
    const path = join(root, generator.file)
    if (existsSync(path) && readFileSync(path, 'utf8') === printed(root, generator)) return []
    return [{ path: generator.file, says: 'differs from what its program prints now: `npm run fix` writes it anew' }]
  })
}

/**
 * @param {string} root
 * @param {Generator[]} generators
 */
export function writeGenerated(root, generators) {
  for (const generator of generators) writeFileSync(join(root, generator.file), printed(root, generator))
}

/**
 * @param {string} root
 * @param {Generator} generator
 */
function printed(root, generator) {
  const run = spawnSync(process.execPath, generator.command, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
  if (run.status !== 0) throw new Error(`${generator.command.join(' ')} failed: ${run.stderr}`)
  return formatted(root, generator.file, run.stdout)
}

/**
 * As `biome format` leaves it, so that a fresh file passes the format check.
 * @param {string} root
 * @param {string} file
 * @param {string} text
 */
function formatted(root, file, text) {
  if (!/\.(ts|mjs|json)$/.test(file)) return text
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
  const run = spawnSync(process.execPath, [biome, 'format', `--stdin-file-path=${file}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (run.status !== 0) throw new Error(`biome cannot read what ${file}'s program prints: ${run.stderr}`)
  return run.stdout
}
