import { join } from 'node:path'
import { failureText } from '../child.ts'
import type { ClientProgram } from '../client-program.ts'
import { clientFolder } from '../install/client-folder.ts'
import { installNewerNode, newerNode } from '../install/newer-node.ts'
import { installNpmFolder } from '../install/npm-folder.ts'
import { allCodecs } from './all-codecs.ts'

const folder = clientFolder('platformatic')

export const platformatic: ClientProgram = {
  name: 'platformatic',
  everyday: false,
  about: '[@platformatic/kafka](https://github.com/platformatic/kafka)',
  installedBy: '`clients/platformatic/package-lock.json`, and a Node of line 22 from npm where this one is older',
  command: newerNode,
  prefix: [join(folder, 'client.mjs')],
  install: async () => (await installNewerNode()) ?? installNpmFolder(folder).then(() => null, failureText),
  codecs: allCodecs,
  headersPerRecord: true,
  setsTimestamps: true,
  lacks: {},
  notes: [
    'A stream has no seek; it is closed and another begins at the offset.',
    'It has no range assignor; with one topic and four partitions its round robin divides as range does.',
  ],
}
