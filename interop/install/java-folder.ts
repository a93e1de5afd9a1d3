import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failureOf } from '../child.ts'
import { newer } from './newer.ts'
import { missingPrograms } from './system-package.ts'

const installMs = 300_000

/**
 * Copies the jars of one version of Kafka's client to VERSION/lib and compiles a program of the folder against them. Null when it
 * can be used, else why not.
 */
export async function installJava(folder: string, version: string, program = 'Client'): Promise<string | null> {
  const missing = await missingPrograms('java', 'javac')
  if (missing !== null) return missing
  const made = join(folder, version)
  const copied = join(made, 'copied')
  if (!newer(copied, join(folder, 'pom.xml'))) {
    const failure = await copyJars(folder, version)
    if (failure !== null) return failure
    writeFileSync(copied, '')
  }
  const source = join(folder, `${program}.java`)
  if (newer(join(made, 'classes', `${program}.class`), source, copied)) return null
  return failureOf('javac', ['-cp', `${made}/lib/*`, '-d', join(made, 'classes'), source], { timeoutMs: installMs })
}

async function copyJars(folder: string, version: string): Promise<string | null> {
  const missing = await missingPrograms('mvn')
  if (missing !== null) return missing
  const made = join(folder, version)
  // What an older pom.xml or an interrupted run has left would be on the class path, too.
  rmSync(made, { recursive: true, force: true })
  mkdirSync(made)
  const args = ['-q', 'dependency:copy-dependencies', `-Dkafka.version=${version}`, `-DoutputDirectory=${made}/lib`]
  return failureOf('mvn', args, { timeoutMs: installMs, cwd: folder })
}
