import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { existsSync } from 'node:fs'
import type { Api } from '../src/codec/api.ts'
import { apis } from '../src/kafka/schema/registry.ts'

/** A body that the Java client has made, of one version of one API. */
export interface RecordedBody {
  readonly api: Api
  readonly side: 'request' | 'response'
  readonly version: number
  readonly bytes: Buffer
}

export function recordedBodies(side: 'request' | 'response'): RecordedBody[] {
  const lines = readFileSync(inCheckout('src/kafka/schema/second-source/fixtures/frames.jsonl'), 'utf8')
    .trim()
    .split('\n')
  return lines.slice(1).flatMap((line) => {
    const frame = JSON.parse(line) as { api: string; side: string; version: number; hex: string }
    const api = apis.find(({ name }) => name === frame.api)
    if (api === undefined || frame.side !== side) return []
    return [{ api, side, version: frame.version, bytes: Buffer.from(frame.hex, 'hex') }]
  })
}

/** A whole request, without its size, as the client sends it. */
export function requestFrame({ api, version, bytes }: RecordedBody): Buffer {
  const header = Buffer.alloc(10)
  header.writeInt16BE(api.key, 0)
  header.writeInt16BE(version, 2)
  header.writeInt32BE(7, 4)
  // No client id, then no tagged fields in flexible versions.
  header.writeInt16BE(-1, 8)
  return Buffer.concat([header, version >= api.flexibleSince ? Buffer.alloc(1) : Buffer.alloc(0), bytes])
}

/** A file of the checkout: fixtures are not copied to where compiled code is. */
export function inCheckout(path: string): string {
  let folder = import.meta.dirname
  while (!existsSync(join(folder, path))) {
    if (dirname(folder) === folder) throw new Error(`there is no ${path} above the compiled files`)
    folder = dirname(folder)
  }
  return join(folder, path)
}
