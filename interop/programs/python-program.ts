import { join } from 'node:path'
import type { ClientProgram } from '../client-program.ts'
import { clientFolder } from '../install/client-folder.ts'
import { installPython, pythonOf } from '../install/python-folder.ts'
import { allCodecs } from './all-codecs.ts'

/** A client in Python with all that the cases ask for. */
export function pythonProgram(name: string): Omit<ClientProgram, 'about'> {
  const folder = clientFolder(name)
  return {
    name,
    everyday: false,
    installedBy: `\`clients/${name}/requirements.txt\`, in a virtual environment`,
    command: pythonOf(folder),
    prefix: [join(folder, 'client.py')],
    install: () => installPython(folder),
    codecs: allCodecs,
    headersPerRecord: true,
    setsTimestamps: true,
    lacks: {},
    notes: [],
  }
}
