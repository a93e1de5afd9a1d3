import type { Parsed } from './setting.ts'
import { itemsOf } from './setting-kinds.ts'

export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** A voter of the metadata log. */
export interface Voter extends HostAndPort {
  readonly nodeId: number
  /** Id of the folder that its log is in: with another folder it is another voter. */
  readonly directoryId: string
}

export const hostAndPortForm = 'HOST:PORT, for example 127.0.0.1:9112'
export const voterForm = 'ID@HOST:PORT:DIRECTORY, separated by commas'

/** An IPv6 address stands in brackets. An empty text is none. */
export function parseHostAndPort(text: string): Parsed<HostAndPort | null> {
  if (text === '') return { value: null, text }
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:/[\]@]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) return { problem: `is not of the form ${hostAndPortForm}` }
  return { value: { host: match[1] ?? match[2] ?? '', port }, text }
}

export function parseVoters(text: string): Parsed<readonly Voter[]> {
  const voters: Voter[] = []
  for (const item of itemsOf(text)) {
    const match = /^(\d{1,9})@(.+):([A-Za-z0-9_-]{22})$/.exec(item)
    const at = match === null ? null : parseHostAndPort(match[2] as string)
    if (match === null || at === null || 'problem' in at || at.value === null) {
      return { problem: `is not of the form ${voterForm}` }
    }
    voters.push({ nodeId: Number(match[1]), ...at.value, directoryId: match[3] as string })
  }
  if (new Set(voters.map(({ nodeId }) => nodeId)).size !== voters.length) return { problem: 'names a voter twice' }
  return { value: voters, text: itemsOf(text).join(',') }
}
