import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readBootId } from '../runtime/node/boot-id.ts'

/**
 * What tells this process from a later one with the same id: when it was started, within which boot. Null when no
 * process has the id (a zombie counts as none).
 */
export function identityOf(pid: number): string | null {
  const started = process.platform === 'linux' ? startedOnLinux(pid) : startedElsewhere(pid)
  return started === null ? null : `${started} ${readBootId() ?? 'unknown-boot'}`
}

/** Clock ticks between boot and the start: field 22 of `/proc/PID/stat`. */
function startedOnLinux(pid: number): string | null {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null
  }
  // The second field is the program's name in parentheses, which may hold anything, parentheses and spaces too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
}

function startedElsewhere(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', `${pid}`], { encoding: 'utf8' }).trim()
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '')
  } catch {
    return null
  }
}
