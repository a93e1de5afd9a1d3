import { join } from 'node:path'
import type { ClientProgram } from '../client-program.ts'
import { clientFolder } from '../install/client-folder.ts'
import { installJava } from '../install/java-folder.ts'
import { allCodecs } from './all-codecs.ts'

const folder = clientFolder('java')

/** Apache Kafka's own client in one of its versions; the newest is part of the everyday run. */
export function java(version: string): ClientProgram {
  const [major = ''] = version.split('.')
  const made = join(folder, version)
  const memory = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
  return {
    name: `java-${major}`,
    everyday: major === '4',
    about: "Apache Kafka's Java client",
    installedBy: `\`clients/java/pom.xml\` with \`kafka.version=${version}\``,
    command: 'java',
    prefix: [...memory, '-cp', `${made}/classes:${made}/lib/*`, 'Client'],
    install: () => installJava(folder, version),
    codecs: allCodecs,
    headersPerRecord: true,
    setsTimestamps: true,
    lacks: {},
    notes: [],
  }
}
