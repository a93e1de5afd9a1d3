import { protocolPage } from './protocol-page.ts'

process.stdout.write(protocolPage('node dist/src/kafka/schema/print-protocol-page.js'))
