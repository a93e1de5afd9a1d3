import { configurationPage } from './configuration-page.ts'

process.stdout.write(configurationPage('node dist/src/config/print-configuration-page.js'))
