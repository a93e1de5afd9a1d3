import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { generatorsOf, staleFindings } from './generated.mjs'
import { linkFindings } from './links.mjs'
import { tidyFindings } from './tidy/tidy.mjs'
import { readTree } from './tidy/tree.mjs'

/**
 * @typedef {{ ok: boolean, output: string }} Outcome
 * @typedef {{ root: string, makeReady: () => Promise<void> }} Checkout
 * @typedef {{ name: string, about: string, run: (checkout: Checkout) => Promise<Outcome> }} Check
 */

/** The programs that check the code, without what makes them write. */
export const tools = {
  types: ['typescript/bin/tsc', '-p', '.', '--noEmit'],
  lint: ['oxlint/bin/oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives'],
  format: ['@biomejs/biome/bin/biome', 'format', '--max-diagnostics=50'],
  'dead code': ['knip/bin/knip.js', '--no-progress'],
}

/** @type {Check[]} */
export const checks = [
  { name: 'types', about: 'the compiler, strict', run: ({ root }) => runTool(root, tools.types) },
  {
    name: 'lint',
    about: 'oxlint with types: promises, switches, cycles, the world',
    run: ({ root }) => runTool(root, tools.lint),
  },
  { name: 'format', about: 'biome', run: ({ root }) => runTool(root, tools.format) },
  {
    name: 'dead code',
    about: 'knip: files, exports and dependencies',
    run: ({ root }) => runTool(root, tools['dead code']),
  },
  {
    name: 'tidy',
    about: 'import order, sizes, names, leftovers',
    run: async ({ root }) => outcome(tidyFindings(root)),
  },
  { name: 'generated', about: 'files made by a program are current', run: generatedCheck },
  {
    name: 'links',
    about: 'links of the pages, and their headings',
    run: async ({ root }) => outcome(pageFindings(root)),
  },
]

/**
 * @param {string} root
 * @param {string[]} tool Path below node_modules and arguments.
 * @returns {Promise<Outcome>}
 */
export async function runTool(root, [program = '', ...args]) {
  const run = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  return { ok: run.status === 0, output: `${run.stdout}${run.stderr}${run.error?.message ?? ''}` }
}

/**
 * @param {Checkout} checkout
 * @returns {Promise<Outcome>}
 */
async function generatedCheck({ root, makeReady }) {
  const generators = generatorsOf(root)
  if (generators.length > 0) await makeReady()
  return outcome(staleFindings(root, generators))
}

/** @param {string} root */
function pageFindings(root) {
  const pages = readTree(root).map((file) => file.path)
  return linkFindings(
    root,
    pages.filter((path) => path.endsWith('.md')),
  )
}

/**
 * @param {{ path: string, says: string }[]} findings
 * @returns {Outcome}
 */
function outcome(findings) {
  return { ok: findings.length === 0, output: findings.map(({ path, says }) => `${path}: ${says}`).join('\n') }
}
