import { join } from 'node:path'
import type { ClientProgram } from '../client-program.ts'
import { clientFolder } from '../install/client-folder.ts'
import { missingPrograms } from '../install/system-package.ts'
import { allCodecs } from './all-codecs.ts'

const noCommand = 'kcat has no command for it'

export const kcat: ClientProgram = {
  name: 'kcat',
  everyday: true,
  about: '[kcat](https://github.com/edenhill/kcat) (librdkafka)',
  installedBy: '`apt-get install kcat` where it is missing and that is possible',
  command: process.execPath,
  prefix: [join(clientFolder('kcat'), 'client.mjs')],
  install: () => missingPrograms('kcat'),
  codecs: allCodecs,
  headersPerRecord: false,
  setsTimestamps: false,
  lacks: { admin: noCommand, configs: noCommand, 'delete-records': noCommand },
  notes: [
    'kcat creates no topics but by their first record; the topics of the other cases are made by the first client that can.',
    'Headers are given per run, so its records share them in runs; timestamps cannot be given at all. Null and empty fields are runs with and without `-Z`.',
    'It reports no acknowledgements: "unanswered" in the notes is what it was handed and had not sent. Without `-E` it ends as soon as its only broker is gone.',
    'Reading by time is `-o s@TIME` and `-Q`; a seek is a second run; committing is `-G` (on its way out, and on revocation).',
  ],
}
