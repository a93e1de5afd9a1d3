import { readFileSync } from 'node:fs'

/** The version in the package's own package.json, which stands beside `dist/`. */
export const version: string = versionIn(new URL('../../../package.json', import.meta.url))

function versionIn(url: URL): string {
  try {
    return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version
  } catch {
    return 'unknown'
  }
}
