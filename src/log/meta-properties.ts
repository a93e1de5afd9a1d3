import { LogDirectoryRefusal } from './log-directory-refusal.ts'

export const metaPropertiesName = 'meta.properties'
const version = '1'

/** Whose folder it is: Kafka's `meta.properties`, version 1. */
export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  /** Random, made with the folder. Null in folders of Kafka before 3.7: one is given to them. */
  readonly directoryId: string | null
}

export function encodeMetaProperties(properties: MetaProperties & { readonly directoryId: string }): Buffer {
  const { clusterId, nodeId, directoryId } = properties
  const lines = [`cluster.id=${clusterId}`, `directory.id=${directoryId}`, `node.id=${nodeId}`, `version=${version}`]
  return Buffer.from(`${lines.join('\n')}\n`)
}

/** Reads the file, or refuses the folder: a guess at whose data it is could mix up two brokers'. */
export function decodeMetaProperties(bytes: Uint8Array, path: string): MetaProperties {
  const values = parseProperties(Buffer.from(bytes).toString('utf8'))
  const found = values.get('version')
  if (found !== version) throw wrongVersion(found, path)
  const clusterId = values.get('cluster.id') ?? ''
  const nodeId = values.get('node.id') ?? ''
  const directoryId = values.get('directory.id') ?? null
  if (clusterId === '') throw damaged(path, 'has no cluster.id')
  if (!/^\d{1,10}$/.test(nodeId)) throw damaged(path, `has no usable node.id ('${printable(nodeId)}')`)
  if (directoryId !== null && !isUuid(directoryId)) {
    throw damaged(path, `has a directory.id that is none ('${printable(directoryId)}')`)
  }
  return { clusterId, nodeId: Number(nodeId), directoryId }
}

/** Refuses the folder of another broker or another cluster. `clusterId` undefined: whatever the folder says. */
export function refuseForeign(
  found: MetaProperties,
  wanted: { nodeId: number; clusterId?: string | undefined },
  path: string,
): void {
  if (found.nodeId !== wanted.nodeId) {
    const sentence = `${path} belongs to the broker with node.id ${found.nodeId}, not to ${wanted.nodeId}: set node.id to ${found.nodeId} or give another folder`
    throw new LogDirectoryRefusal({ code: 'other-node', path, sentence })
  }
  if (wanted.clusterId !== undefined && found.clusterId !== wanted.clusterId) {
    const sentence = `${path} belongs to the cluster ${found.clusterId}, not to ${wanted.clusterId}: give another folder`
    throw new LogDirectoryRefusal({ code: 'other-cluster', path, sentence })
  }
}

/** An id in the form that Kafka prints: 16 bytes in base64url. */
export const isUuid = (text: string): boolean => /^[A-Za-z0-9_-]{22}$/.test(text)

/** An id from 16 random bytes. As Kafka's, it never begins with `-`, which a command line would take for an option. */
export function newUuid(random: { bytes(count: number): Uint8Array }): string {
  for (;;) {
    const id = Buffer.from(random.bytes(16)).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

/** The part of Java's properties format that such files use: comments, `key=value`, backslash escapes of one character. */
function parseProperties(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const pair = /^\s*([^#!\s][^=:\s]*)\s*[=:]?\s*(.*)$/.exec(line)
    if (pair !== null) values.set(unescape(pair[1] as string), unescape((pair[2] as string).trim()))
  }
  return values
}

const unescape = (text: string): string => text.replaceAll(/\\(.)/g, '$1')

const printable = (text: string): string => text.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, '?')

function wrongVersion(found: string | undefined, path: string): LogDirectoryRefusal {
  if (found === undefined) return damaged(path, 'has no version')
  if (/^\d{1,9}$/.test(found) && Number(found) > Number(version)) {
    const sentence = `${path} has ${metaPropertiesName} of version ${found}, and this release reads version ${version}: use the newer release that wrote it`
    return new LogDirectoryRefusal({ code: 'newer-version', path, sentence })
  }
  if (found === '0') {
    const sentence = `${path} has ${metaPropertiesName} of version 0, written by Kafka with ZooKeeper, which is not read: migrate it to KRaft first`
    return new LogDirectoryRefusal({ code: 'other-version', path, sentence })
  }
  return damaged(path, `has a version that is none ('${printable(found)}')`)
}

function damaged(path: string, what: string): LogDirectoryRefusal {
  const sentence = `${path}/${metaPropertiesName} ${what}: it is damaged; restore it, or give another folder`
  return new LogDirectoryRefusal({ code: 'damaged', path, sentence })
}
