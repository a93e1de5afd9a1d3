import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** How many files this process may have open; Infinity when unlimited, null when the system does not tell. */
export function fileHandleLimit(): number | null {
  try {
    if (process.platform === 'linux') return limitIn(readFileSync('/proc/self/limits', 'utf8'))
    return limitOf(execFileSync('/bin/sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim())
  } catch {
    return null
  }
}

/** The soft limit of open files in the text of `/proc/PID/limits`. */
export function limitIn(limits: string): number | null {
  return limitOf(/^Max open files\s+(\S+)/m.exec(limits)?.[1])
}

function limitOf(word: string | undefined): number | null {
  if (word === 'unlimited') return Number.POSITIVE_INFINITY
  return word !== undefined && /^\d+$/.test(word) ? Number(word) : null
}
