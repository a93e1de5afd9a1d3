import { existsSync, statSync } from 'node:fs'

/** Whether a file is there and no older than what it is made from. */
export function newer(made: string, ...sources: readonly string[]): boolean {
  return existsSync(made) && sources.every((source) => statSync(made).mtimeMs >= statSync(source).mtimeMs)
}
