import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run, runOrThrow } from '../child.ts'
import { packageRoot } from '../package-root.ts'

/** What npm tells about a package that it has packed. */
export interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

interface Installed {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>
}

const npmMs = 300_000
const commandMs = 60_000

/** Somebody's project that has nothing but the package, its own client, and Node's types. */
export class Project {
  readonly folder: string
  readonly #tarballs: string

  constructor(folder: string) {
    this.folder = join(folder, 'project')
    this.#tarballs = join(folder, 'tarballs')
    mkdirSync(this.folder)
    mkdirSync(this.#tarballs)
    writeFileSync(join(this.folder, 'package.json'), '{ "name": "somebody", "private": true, "type": "module" }\n')
  }

  async pack(): Promise<Packed> {
    const args = ['pack', '--json', '--pack-destination', this.#tarballs]
    const printed = await runOrThrow('npm', args, { cwd: packageRoot, timeoutMs: npmMs })
    // Newer npm prints an object of the packages by name, older ones a list.
    const packed = Object.values(JSON.parse(printed) as Packed[] | Record<string, Packed>)[0]
    if (packed === undefined) throw new Error(`npm pack told nothing of a package: ${printed}`)
    return packed
  }

  /** Installs the packed file beside what else a test wants. Gives the packages whose scripts ran or would have to run. */
  async install(packed: Packed, others: readonly string[]): Promise<{ count: number; withScripts: string[] }> {
    const args = ['install', '--no-audit', '--no-fund', join(this.#tarballs, packed.filename), ...others]
    await runOrThrow('npm', args, { cwd: this.folder, timeoutMs: npmMs })
    const lock = readFileSync(join(this.folder, 'node_modules/.package-lock.json'), 'utf8')
    const installed = Object.entries((JSON.parse(lock) as Installed).packages)
    return {
      count: installed.length,
      withScripts: installed.filter(([, { hasInstallScript }]) => hasInstallScript).map(([name]) => name),
    }
  }

  /** `npx trilog …`, as somebody would type it there. */
  trilog(args: readonly string[], input = ''): Promise<string> {
    return runOrThrow('npx', ['--no-install', 'trilog', ...args], { cwd: this.folder, timeoutMs: commandMs, input })
  }

  /** Runs a program to its good end, or throws with all that it wrote to stderr. */
  async node(path: string): Promise<void> {
    const outcome = await run(process.execPath, [path], { cwd: this.folder, timeoutMs: commandMs })
    if (outcome.code !== 0) throw new Error(`exit code ${outcome.code}: ${outcome.stderr || outcome.stdout}`)
  }
}
