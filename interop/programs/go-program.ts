import type { ClientProgram } from '../client-program.ts'
import { goBinary, installGo } from '../install/go-folder.ts'
import { allCodecs } from './all-codecs.ts'

/** A client in Go with all that the cases ask for. */
export function goProgram(name: string): Omit<ClientProgram, 'about'> {
  return {
    name,
    everyday: false,
    installedBy: '`clients/go/go.mod`, built with Go',
    command: goBinary(name),
    prefix: [],
    install: () => installGo(name),
    codecs: allCodecs,
    headersPerRecord: true,
    setsTimestamps: true,
    lacks: {},
    notes: [],
  }
}
