import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { freePortBase } from '../free-ports.ts'
import { packageRoot } from '../package-root.ts'
import { compileExample } from './compile-example.ts'
import { pageExample } from './page-example.ts'
import type { Packed, Project } from './project.ts'

interface PackageStep {
  readonly name: string
  /** Resolves with what was seen, in a few words; rejects with what is wrong. */
  run(project: Project): Promise<string>
}

let packed: Packed | null = null

/** In this order, as each needs those before it. */
export const packageSteps: readonly PackageStep[] = [
  { name: 'pack', run: pack },
  { name: 'install', run: install },
  { name: 'command line', run: useCommandLine },
  { name: 'short example', run: (project) => runExample(project, 'short') },
  { name: 'long example', run: (project) => runExample(project, 'long') },
  { name: 'broken package', run: breakIt },
]

/** What works nowhere else, or is of use to nobody there. */
const unwanted = /\.test\.|-fixture\.|\/fixtures\/|\/stories\/|runtime\/sim\/|\.ts$/
/** Types of the entry point, and of what it passes on. */
const wantedTypes = /^dist\/src\/embed\/(trilog|start-cluster|cluster|cluster-options)\.d\.ts$/
const wanted = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'dist/src/cli/main.js',
  'dist/src/embed/trilog.js',
]

async function pack(project: Project): Promise<string> {
  packed = await project.pack()
  const paths = packed.files.map(({ path }) => path)
  const extra = paths.filter((path) => unwanted.test(path) && !wantedTypes.test(path))
  if (extra.length > 0) throw new Error(`${extra.length} files do not belong into it, for example ${extra[0]}`)
  const missing = wanted.filter((path) => !paths.includes(path))
  if (missing.length > 0) throw new Error(`it lacks ${missing.join(', ')}`)
  return `${paths.length} files, ${(packed.size / 1e6).toFixed(2)} MB`
}

async function install(project: Project): Promise<string> {
  const { count, withScripts } = await project.install(packed as Packed, [pinned('kafkajs'), pinned('@types/node')])
  if (withScripts.length > 0)
    throw new Error(`packages have scripts that an installation runs: ${withScripts.join(', ')}`)
  return `${count} packages, none with a script`
}

/** The version that this checkout pins. */
function pinned(name: 'kafkajs' | '@types/node'): string {
  const file = name === 'kafkajs' ? 'interop/clients/kafkajs/package.json' : 'package.json'
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(packageRoot, file), 'utf8')) as {
    dependencies: Record<string, string>
    devDependencies?: Record<string, string>
  }
  return `${name}@${dependencies[name] ?? devDependencies?.[name]}`
}

async function useCommandLine(project: Project): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
  expectText(await project.trilog(['--version']), version)
  const port = await freePortBase([20, 1000])
  const ports = ['--kafka-port', `${port}`, '--http-port', `${port + 1000}`]
  const data = `data-${port}`
  const at = ['--bootstrap', `127.0.0.1:${port}`]
  const ready = await project.trilog(['up', '--data', data, ...ports, '--detach'])
  try {
    expectText(ready, `ready kafka=127.0.0.1:${port} http=http://127.0.0.1:${port + 1000}`)
    await project.trilog(['topic', 'create', 'flights', '--partitions', '1', ...at])
    await project.trilog(['produce', 'flights', '--key-separator', ':', ...at], 'SEA:first\nJFK:second\nSEA:third\n')
    const consumed = await project.trilog(['consume', 'flights', '--from', 'earliest', '--max', '3', ...at])
    expectText(consumed.replaceAll('\t', ' '), 'first\nsecond\nthird')
    const health = (await (await fetch(`http://127.0.0.1:${port + 1000}/health`)).json()) as { status: string }
    expectText(health.status, 'ok')
  } finally {
    await project.trilog(['down', '--data', data])
  }
  return `trilog ${version}: up, topic create, produce, consume, /health, down`
}

async function runExample(project: Project, name: 'short' | 'long'): Promise<string> {
  const compiled = compileExample(project.folder, pageExample(name))
  if ('says' in compiled) throw new Error(`its types are wrong: ${compiled.says}`)
  await project.node(compiled.path)
  return 'of docs/embedding.md: types right, ended well'
}

/** The steps above must be able to fail: with a file less they do. */
async function breakIt(project: Project): Promise<string> {
  rmSync(join(project.folder, 'node_modules/trilog/dist/src/server/start-broker.js'))
  const failed: string[] = []
  for (const { name, run } of packageSteps.slice(2, 5)) {
    const why = await run(project).then(() => null, String)
    if (why === null) throw new Error(`${name} works though a file of the package is gone`)
    if (!/before it was ready|start-broker\.js/.test(why)) throw new Error(`${name} fails for another reason: ${why}`)
    failed.push(name)
  }
  rmSync(join(project.folder, 'node_modules/trilog/dist/src/embed/cluster.d.ts'))
  const compiled = compileExample(project.folder, pageExample('short'))
  if ('path' in compiled) throw new Error('the types are right though one of their files is gone')
  return `without one of its files fail, as they must: ${failed.join(', ')}, types`
}

function expectText(got: string, want: string): void {
  if (got.trim() !== want) throw new Error(`${JSON.stringify(want)} was expected, not ${JSON.stringify(got.trim())}`)
}
