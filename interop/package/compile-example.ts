import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../package-root.ts'

/** As strict as somebody's own project may be; types of packages are checked, too. */
const compilerOptions = {
  target: 'es2022',
  lib: ['es2022', 'esnext.disposable'],
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  types: ['node'],
}

/** Compiles a program in a folder that has its packages. Gives the path of the JavaScript, or what the compiler says. */
export function compileExample(folder: string, program: string): { readonly path: string } | { readonly says: string } {
  writeFileSync(join(folder, 'example.mts'), program)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['example.mts'] }))
  const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc')
  const run = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', timeout: 120_000 })
  return run.status === 0 ? { path: join(folder, 'example.mjs') } : { says: `${run.stdout}${run.stderr}` }
}
