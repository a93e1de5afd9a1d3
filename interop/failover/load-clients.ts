import { join } from 'node:path'
import { failureText } from '../child.ts'
import { clientFolder } from '../install/client-folder.ts'
import { installJava } from '../install/java-folder.ts'
import { installNpmFolder } from '../install/npm-folder.ts'
import { installPython, pythonOf } from '../install/python-folder.ts'

/** A stock client with a program that puts a steady load on one partition; options and lines are those of Load.java. */
export interface LoadClient {
  readonly name: string
  /** Null when loads can be run, else why not. */
  install(): Promise<string | null>
  readonly command: string
  readonly prefix: readonly string[]
  /** The setting, for its `--set`, that has it give up a request without an answer after 3 s. */
  readonly shortRequests: string
  /** How long a kill may keep it waiting where the scheme fails over. */
  readonly killMs: KillBound
}

/** The median and the worst round, in ms. */
export interface KillBound {
  readonly median: number
  readonly max: number
}

const killMs: KillBound = { median: 1_000, max: 3_000 }

export const javaVersion = '4.3.1'
export const javaFolder = clientFolder('java')
const python = clientFolder('confluent-kafka')
const kafkajs = clientFolder('kafkajs')

export const loadClients: readonly LoadClient[] = [
  {
    name: 'java',
    install: () => installJava(javaFolder, javaVersion, 'Load'),
    command: 'java',
    prefix: javaProgram('Load'),
    shortRequests: 'request.timeout.ms=3000',
    killMs,
  },
  {
    name: 'librdkafka',
    install: () => installPython(python),
    command: pythonOf(python),
    prefix: [join(python, 'load.py')],
    // Its request.timeout.ms is how long the broker may take; how long the client waits is the socket's.
    shortRequests: 'socket.timeout.ms=3000',
    killMs,
  },
  {
    name: 'kafkajs',
    install: () => installNpmFolder(kafkajs).then(() => null, failureText),
    command: process.execPath,
    prefix: [join(kafkajs, 'load.mjs')],
    shortRequests: 'requestTimeout=3000',
    // It tries again after 0.3 s, then after twice as long each time, give or take a fifth: a leader that is there after 1 s is met
    // after 2.5 s at the latest, one after 3 s within 5.4 s.
    killMs: { median: 2_600, max: 5_500 },
  },
]

/** The arguments of `java` that run a program of its folder. */
export function javaProgram(name: string): string[] {
  const made = join(javaFolder, javaVersion)
  return ['-Xmx512m', '-XX:+UseSerialGC', '-cp', `${made}/classes:${made}/lib/*`, name]
}
