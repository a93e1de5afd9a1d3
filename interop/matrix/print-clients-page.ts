import { cases } from '../cases/all.ts'
import { clientPrograms } from '../programs/all.ts'
import { clientsPage } from './clients-page.ts'
import { readRecorded } from './recorded.ts'

const command = 'node dist/interop/matrix/print-clients-page.js'
process.stdout.write(clientsPage(clientPrograms, cases, readRecorded(), command))
